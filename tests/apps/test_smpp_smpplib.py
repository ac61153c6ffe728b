"""An app built on somebody else's SMPP: python-smpplib in a thread of its own, as its users write it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm
import smpplib.smpp

from gateway.message import Status
from gateway.smpp.status import CommandStatus as S
from gateway.text.udh import parse
from tests.apps.smpp_rig import Rig


class SmpplibApp:
    """One client; `sent` holds its submit_sm_resps, `received` its deliver_sms."""

    def __init__(self, port: int) -> None:
        self.client = smpplib.client.Client("127.0.0.1", port, timeout=5, allow_unknown_opt_params=True)
        self.sent: list[Any] = []
        self.received: list[Any] = []
        self.client.set_message_sent_handler(lambda pdu, **_: self.sent.append(pdu))
        self.client.set_message_received_handler(self._receive)
        self.client.set_error_pdu_handler(lambda pdu: None)  # the sent handler hears of it too

    def _receive(self, pdu: Any, **_: Any) -> int:
        self.received.append(pdu)
        return smpplib.consts.SMPP_ESME_ROK

    def bind(self, kind: str = "transceiver", password: str = "s3cret") -> Any:
        self.client.connect()
        return getattr(self.client, f"bind_{kind}")(system_id="bank1", password=password)

    def submit(self, text: str, **fields: Any) -> int:
        """Submit a text in the parts that smpplib makes of it, and read the answers; the number of parts."""
        parts, encoding, message_type = smpplib.gsm.make_parts(text)
        for part in parts:
            self.client.send_message(
                **{
                    "source_addr_ton": smpplib.consts.SMPP_TON_ALNUM,
                    "source_addr": "BANCO",
                    "dest_addr_ton": smpplib.consts.SMPP_TON_INTL,
                    "dest_addr_npi": smpplib.consts.SMPP_NPI_ISDN,
                    "destination_addr": "525512345678",
                    "short_message": part,
                    "data_coding": encoding,
                    "esm_class": message_type,
                    "registered_delivery": True,
                    **fields,
                }
            )
        for _ in parts:
            self.client.read_once()
        return len(parts)

    def close(self) -> None:
        if self.client.state != smpplib.consts.SMPP_CLIENT_STATE_OPEN:
            self.client.unbind()
        self.client.disconnect()


@pytest.fixture
async def app(rig: Rig) -> AsyncIterator[SmpplibApp]:
    app = SmpplibApp(rig.port)
    yield app
    await apart(app.close)


async def apart(work: Callable[[], Any]) -> Any:
    """Run blocking work in a thread."""
    return await asyncio.to_thread(work)


@pytest.mark.parametrize("kind", ["transceiver", "transmitter", "receiver"])
async def test_smpplib_binds_in_each_way_and_unbinds(rig: Rig, app: SmpplibApp, kind: str) -> None:
    answer = await apart(lambda: app.bind(kind))
    assert (answer.status, answer.system_id) == (0, b"relevo")
    assert rig.server.status()["bank"][0]["type"] == kind


async def test_smpplib_is_refused_with_a_wrong_password(rig: Rig, app: SmpplibApp) -> None:
    with pytest.raises(smpplib.exceptions.PDUError) as caught:
        await apart(lambda: app.bind(password="wrong"))
    assert caught.value.args[1] == S.ESME_RBINDFAIL


@pytest.mark.parametrize("text", ["Su clave es 123456", "¿Qué tal, señor?", "año 😀", "x" * 400, "ñandú " * 40])
async def test_smpplib_text_arrives_as_written(rig: Rig, app: SmpplibApp, text: str) -> None:
    await apart(app.bind)
    parts = await apart(lambda: app.submit(text))
    assert [pdu.status for pdu in app.sent] == [0] * parts
    assert [pdu.message_id.decode() for pdu in app.sent] == [message.id for message in rig.handed]
    if parts == 1:
        assert rig.handed[0].content.text == text
    else:
        assert [parse(message.content.udh).elements[0].data[2] for message in rig.handed] == list(range(1, parts + 1))
        codec = "utf-16-be" if rig.handed[0].content.data_coding == 8 else None
        octets = b"".join(message.content.data for message in rig.handed)
        assert (octets.decode(codec) if codec else octets.decode()) == text


async def test_smpplib_reads_its_receipt(rig: Rig, app: SmpplibApp) -> None:
    await apart(app.bind)
    await apart(lambda: app.submit("hola"))
    await rig.tell(rig.handed[0], Status.UNDELIVERED, error="034")
    await apart(app.client.read_once)
    (pdu,) = app.received
    assert pdu.receipted_message_id.decode().rstrip("\0") == rig.handed[0].id
    assert (pdu.message_state, pdu.esm_class) == (smpplib.consts.SMPP_MESSAGE_STATE_UNDELIVERABLE, 4)
    assert (pdu.source_addr, pdu.destination_addr) == (b"525512345678", b"BANCO")
    assert b" stat:UNDELIV err:034 " in pdu.short_message


async def test_smpplib_hears_why_a_submit_was_refused(rig: Rig, app: SmpplibApp) -> None:
    await apart(app.bind)
    await apart(lambda: app.submit("hola", destination_addr="12"))
    await apart(lambda: app.submit("hola", source_addr="OTRO"))
    assert [pdu.status for pdu in app.sent] == [S.ESME_RINVDSTADR, S.ESME_RINVSRCADR]


async def test_smpplib_queries_what_it_sent(rig: Rig, app: SmpplibApp) -> None:
    found: list[Any] = []
    app.client.set_query_resp_handler(lambda pdu, **_: found.append(pdu))
    await apart(app.bind)
    await apart(lambda: app.submit("hola"))
    await apart(lambda: app.client.query_message(message_id=rig.handed[0].id, source_addr="BANCO"))
    await apart(app.client.read_once)
    assert (found[0].status, found[0].message_state) == (0, smpplib.consts.SMPP_MESSAGE_STATE_ENROUTE)
