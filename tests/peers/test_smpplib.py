"""An app in Python, on python-smpplib, through the whole gateway: submit, then read what comes."""

import asyncio
from typing import Any

import pytest
import smpplib.client
import smpplib.consts
import smpplib.gsm

from tests.journeys.parties import Smsc
from tests.support.gateway import GatewayProcess

pytestmark = pytest.mark.peers

TEXTS = [
    "Su clave es 482913",
    "Ñandú: ¿qué tal?",
    "año 😀",
    "Un texto largo con ñ que smpplib corta en partes antes de enviarlo. " * 6,
]


class App:
    """A client, blocking as smpplib is."""

    def __init__(self, port: int) -> None:
        self.sent: list[Any] = []
        self.received: list[Any] = []
        self.client = smpplib.client.Client("127.0.0.1", port, timeout=5, allow_unknown_opt_params=True)
        self.client.set_message_sent_handler(lambda pdu, **_: self.sent.append(pdu))
        self.client.set_message_received_handler(self._receive)
        self.client.connect()
        self.client.bind_transceiver(system_id="bank", password="s3cret")

    def _receive(self, pdu: Any, **_: Any) -> int:
        self.received.append(pdu)
        return int(smpplib.consts.SMPP_ESME_ROK)

    def submit(self, text: str) -> int:
        """Send a text in smpplib's own parts; how many."""
        parts, coding, message_type = smpplib.gsm.make_parts(text)
        for part in parts:
            self.client.send_message(
                source_addr="45555", dest_addr_ton=1, dest_addr_npi=1, destination_addr="525512345678",
                short_message=part, data_coding=coding, esm_class=message_type, registered_delivery=True,
            )  # fmt: skip
        return len(parts)

    def converse(self, texts: list[str]) -> int:
        """Send the texts, and read until each part has its answer and its receipt; how many parts."""
        parts = sum(self.submit(text) for text in texts)
        while len(self.sent) < parts or len(self.received) < parts:
            self.client.read_once()
        return parts

    def close(self) -> None:
        self.client.unbind()
        self.client.disconnect()


async def test_smpplib_app_submits_and_takes_its_receipts(gateway: GatewayProcess, smsc: Smsc) -> None:
    app = await asyncio.to_thread(App, gateway.smpp_port)
    parts = await asyncio.to_thread(app.converse, TEXTS)
    assert [pdu.status for pdu in app.sent] == [0] * parts
    ids = {pdu.message_id.decode() for pdu in app.sent}
    assert {pdu.receipted_message_id.decode().rstrip("\0") for pdu in app.received} == ids
    assert len(ids) == parts == 3 + len(smsc.taken[3:])
    assert {pdu.message_state for pdu in app.received} == {smpplib.consts.SMPP_MESSAGE_STATE_DELIVERED}
    assert [*smsc.texts[:3], "".join(smsc.texts[3:])] == TEXTS
    await asyncio.to_thread(app.close)


async def test_smpplib_app_takes_an_inbound_message(gateway: GatewayProcess, smsc: Smsc) -> None:
    app = await asyncio.to_thread(App, gateway.smpp_port)
    smsc.there.mo("525587654321", "45555", "Hola")
    await asyncio.to_thread(app.client.read_once)
    (pdu,) = app.received
    assert (pdu.source_addr, pdu.destination_addr, pdu.short_message) == (b"525587654321", b"45555", b"Hola")
    await asyncio.to_thread(app.close)
