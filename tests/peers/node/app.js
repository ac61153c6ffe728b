// An app as users of the npm package smpp write it: bind, submit, take receipts and an inbound message, unbind.
// node app.js PORT; what it saw goes to stdout as JSON.
'use strict';

const smpp = require('smpp');

const TEXTS = ['Su clave es 482913', 'Ñandú: ¿qué tal?', 'año 😀'];
const LONG = 'Un texto largo que el operador parte como quiere. '.repeat(8);
const seen = { bound: null, answers: [], receipts: [], inbound: [] };

const session = smpp.connect({ url: `smpp://127.0.0.1:${process.argv[2]}`, auto_enquire_link_period: 500 });
session.on('error', (error) => fail(`connection: ${error.message}`));
const timer = setTimeout(() => fail('not all came in time'), 15000);

function fail(why) {
  console.error(why, JSON.stringify(seen));
  process.exit(1);
}

function submit(text, fields) {
  session.submit_sm(
    { source_addr: '45555', destination_addr: '525512345678', dest_addr_ton: 1, dest_addr_npi: 1,
      registered_delivery: 1, ...fields },
    (pdu) => seen.answers.push({ text, status: pdu.command_status, id: pdu.message_id }));
}

session.on('deliver_sm', (pdu) => {
  session.send(pdu.response());
  if (pdu.esm_class & 0x3c) {
    seen.receipts.push({ id: pdu.receipted_message_id, state: pdu.message_state, text: pdu.short_message.message });
  } else {
    seen.inbound.push({ from: pdu.source_addr, to: pdu.destination_addr, text: pdu.short_message.message });
  }
  if (seen.receipts.length === TEXTS.length + 1 && seen.inbound.length === 1) {
    session.unbind(() => {
      clearTimeout(timer);
      session.close();
      console.log(JSON.stringify(seen));
    });
  }
});

session.bind_transceiver({ system_id: 'bank', password: 's3cret' }, (pdu) => {
  seen.bound = { status: pdu.command_status, system_id: pdu.system_id, version: pdu.sc_interface_version };
  if (pdu.command_status !== 0) fail('not bound');
  TEXTS.forEach((text) => submit(text, { short_message: text }));
  submit(LONG, { message_payload: LONG });
});
