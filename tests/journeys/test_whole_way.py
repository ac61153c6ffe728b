"""From an app to a phone and back: every way in, every way out, with real sockets and a store on disk."""

import asyncio
from uuid import UUID

from gateway.smpp.pdu import SubmitSm
from gateway.smpp.spec import MessageState
from gateway.text.udh import parse
from tests.journeys.parties import Hook, SmppApp, Smsc, payload
from tests.support.gateway import GatewayProcess, until

SUBSCRIBER = "525512345678"
LONG = "La clave es secreta; no la comparta con nadie. " * 8  # 376 septets, three parts


async def test_message_over_smpp_reaches_the_carrier_and_its_receipt_the_bind(
    gateway: GatewayProcess, smsc: Smsc
) -> None:
    app = await SmppApp.bind(gateway.smpp_port)
    message_id = await app.send("Su clave es 482913")
    await until(lambda: app.receipts[message_id], 5, "a receipt")
    (record,) = smsc.taken
    assert (record.to, record.sender, record.text()) == (SUBSCRIBER, "45555", "Su clave es 482913")
    (receipt,) = app.receipts[message_id]
    assert (receipt.state, receipt.final, receipt.stat) == (MessageState.DELIVERED, True, "DELIVRD")
    assert UUID(message_id).version == 7
    await app.unbind()


async def test_message_over_http_reaches_the_carrier_and_its_receipt_the_webhook(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    message_id = await gateway.send("¿Qué tal, señor?", lane="fast", reference="order 7")
    await until(lambda: hook.events, 5, "a webhook event")
    (event,) = hook.events
    assert (event["type"], event["data"]["id"]) == ("message.delivered", message_id)
    assert (event["data"]["reference"], event["data"]["to"]) == ("order 7", "+" + SUBSCRIBER)
    assert smsc.texts == ["¿Qué tal, señor?"]
    message = await gateway.message(message_id)
    assert [step["status"] for step in message["events"]] == ["accepted", "submitted", "delivered"]
    assert message["events"][1]["carrier_message_id"] == smsc.taken[0].message_id


async def test_undelivered_message_says_so_to_its_app(gateway: GatewayProcess, smsc: Smsc, hook: Hook) -> None:
    smsc.there.faults = smsc.there.faults.changed({"fail": 1.0})
    message_id = await gateway.send("Su clave es 482913")
    await until(lambda: hook.of(message_id), 5, "a webhook event")
    assert hook.of(message_id) == ["message.undelivered"]
    assert (await gateway.message(message_id))["status"] == "undelivered"


async def test_long_text_goes_in_three_parts_and_has_one_receipt(gateway: GatewayProcess, smsc: Smsc) -> None:
    app = await SmppApp.bind(gateway.smpp_port)
    octets = LONG.strip().encode("ascii")
    message_id = await app.send(b"", tlvs=((0x0424, octets),))
    await until(lambda: app.receipts[message_id], 5, "a receipt")
    assert len(smsc.taken) == 3
    parts = [parse(record.octets).elements[0].data for record in smsc.taken]
    assert [(part[1], part[2]) for part in parts] == [(3, 1), (3, 2), (3, 3)]
    assert "".join(smsc.texts) == LONG.strip()
    await gateway.send("a later one, whose receipt shows that the first had its only one", lane="fast")
    await until(lambda: len(smsc.taken) == 4, 5)
    assert len(app.receipts[message_id]) == 1
    await app.unbind()


async def test_parts_that_the_app_cut_stay_in_order_and_have_a_receipt_each(
    gateway: GatewayProcess, smsc: Smsc
) -> None:
    app = await SmppApp.bind(gateway.smpp_port)
    parts = [bytes((5, 0, 3, 77, 3, n)) + b"part %d" % n for n in (1, 2, 3)]
    ids = [(await answer).message_id for answer in [app.submit(part, esm_class=0x40) for part in parts]]
    await until(lambda: all(app.receipts[message_id] for message_id in ids), 5, "three receipts")
    assert len(set(ids)) == 3
    assert smsc.texts == ["part 1", "part 2", "part 3"]
    assert len({record.octets[3] for record in smsc.taken}) == 1, "one reference for all parts"
    await app.unbind()


async def test_inbound_message_reaches_the_app_that_its_number_belongs_to(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    app = await SmppApp.bind(gateway.smpp_port)
    smsc.there.mo(SUBSCRIBER, "45555", "Hola, ¿quién es?")
    smsc.there.mo(SUBSCRIBER, "46666", "¿A qué hora abren?")
    await until(lambda: app.inbound and hook.events, 5, "both inbound messages")
    (pdu,) = app.inbound
    assert (pdu.source_addr, pdu.destination_addr) == (SUBSCRIBER, "45555")
    assert payload(pdu).decode("utf-16-be" if pdu.data_coding == 8 else "latin-1")[:4] == "Hola"
    (event,) = hook.events
    assert (event["type"], event["data"]["from"]) == ("message.inbound", "+" + SUBSCRIBER)
    assert event["data"]["text"] == "¿A qué hora abren?"
    await app.unbind()


async def test_long_inbound_message_is_joined(gateway: GatewayProcess, smsc: Smsc, hook: Hook) -> None:
    text = "Quisiera saber a qué hora abren mañana. " * 6
    assert smsc.there.mo(SUBSCRIBER, "46666", text) > 1
    await until(lambda: hook.events, 5, "the inbound message")
    assert [event["data"]["text"] for event in hook.events] == [text]


async def test_opt_out_is_replied_to_and_refuses_what_comes_after(
    gateway: GatewayProcess, smsc: Smsc, hook: Hook
) -> None:
    smsc.there.mo(SUBSCRIBER, "46666", "baja")
    await until(lambda: smsc.taken and hook.events, 5, "the reply and the event")
    (reply,) = smsc.taken
    assert (reply.sender, reply.to, reply.text()) == ("46666", SUBSCRIBER, "Ya no recibes mensajes.")
    assert hook.events[0]["data"]["keyword"] in {"BAJA", "baja"}
    status, problem = await gateway.post({"to": SUBSCRIBER, "text": "Oferta"})
    assert (status, problem["errors"][0]["code"]) == (422, "opted_out")
    app = await SmppApp.bind(gateway.smpp_port)
    await app.send("the bank's numbers are not the shop's: this one goes")
    await app.unbind()


async def test_opt_out_outlives_a_kill(gateway: GatewayProcess, smsc: Smsc) -> None:
    smsc.there.mo(SUBSCRIBER, "46666", "BAJA")
    await until(lambda: smsc.taken, 5, "the reply")
    await gateway.kill()
    await gateway.start()
    status, _ = await gateway.post({"to": SUBSCRIBER, "text": "Oferta"})
    assert status == 422


async def test_one_bind_takes_receipts_for_what_another_sent(gateway: GatewayProcess, smsc: Smsc) -> None:
    first, second = await asyncio.gather(SmppApp.bind(gateway.smpp_port), SmppApp.bind(gateway.smpp_port))
    ids = [(await answer).message_id for answer in [first.submit(f"message {n}") for n in range(20)]]
    await until(lambda: all(first.receipts[i] or second.receipts[i] for i in ids), 5, "all receipts")
    assert all(len(first.receipts[i]) + len(second.receipts[i]) == 1 for i in ids)
    assert first.received, "the one that sent takes its turn"
    assert second.received, "and so does the other"
    await asyncio.gather(first.unbind(), second.unbind())


async def test_message_without_registered_delivery_has_no_receipt(gateway: GatewayProcess, smsc: Smsc) -> None:
    app = await SmppApp.bind(gateway.smpp_port)
    silent = await app.send("quiet", registered_delivery=0)
    loud = await app.send("loud")
    await until(lambda: app.receipts[loud], 5, "the other's receipt")
    assert not app.receipts[silent]
    assert all(isinstance(record.pdu, SubmitSm) for record in smsc.taken)
    await app.unbind()
