"""`receipt.classify`, `receipt.read` and `receipt_text.parse`: nothing a carrier puts into a receipt raises."""

from collections.abc import Iterator
from datetime import UTC, datetime

from gateway.smpp import receipt
from gateway.smpp.codec import decode
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.receipt_text import BLANKS, MAX_TEXT, parse, render
from gateway.smpp.spec import MessageState, Tag
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.smpp.vectors import VECTORS

_ESM_CLASSES = (0x04, 0x00, 0x20, 0x44, 0x08, 0x10, 0x18, 0x24)
_CODINGS = (0, 8, 3, 4, 1)
_TAGS = tuple(map(int, (Tag.RECEIPTED_MESSAGE_ID, Tag.MESSAGE_STATE, Tag.NETWORK_ERROR_CODE, Tag.MESSAGE_PAYLOAD)))
_STATES = tuple(MessageState)
_MOMENT = datetime(2026, 11, 22, 15, 30)  # a receipt's dates are naive
_EPOCH_S = _MOMENT.replace(tzinfo=UTC).timestamp()
_PAYLOAD = 65_535
_IN_PAYLOAD = 8  # of the first octet: the text stands in message_payload


def receipts(data: bytes) -> None:
    choices = Octets(data)
    shape, esm_class, data_coding = choices.byte(), choices.one_of(_ESM_CLASSES), choices.one_of(_CODINGS)
    tlvs = [(choices.one_of(_TAGS), choices.take(choices.byte() & 0x3F)) for _ in range(shape & 3)]
    text = choices.stretched(_PAYLOAD)
    in_payload = shape & _IN_PAYLOAD or len(text) > 255
    if in_payload:
        tlvs.append((int(Tag.MESSAGE_PAYLOAD), text))
    pdu: DeliverSm | DataSm
    if shape & 4:
        pdu = DataSm(esm_class=esm_class, data_coding=data_coding, tlvs=tuple(tlvs))
    else:
        short_message = b"" if in_payload else text
        pdu = DeliverSm(esm_class=esm_class, data_coding=data_coding, short_message=short_message, tlvs=tuple(tlvs))
    for lenient in (False, True):
        assert isinstance(receipt.classify(pdu, lenient), receipt.Kind)
    _check(receipt.read(pdu))
    _check_text(text)
    for _, value in tlvs:
        _check_network_error(value)
    _come_back(text)


def _check(read: receipt.Receipt) -> None:
    assert len(read.message_id) <= 255
    assert len(read.error) <= 32
    assert read.state is None or type(read.state) is MessageState
    assert not read.final or receipt.is_final(read.state)
    assert all(date is None or date.tzinfo is None for date in (read.submit_date, read.done_date))
    for text in (read.tlv_id, read.text_id, read.error, read.stat):
        text.encode("utf-8")  # they go into the store and into JSON


def _check_text(text: bytes) -> None:
    fields = parse(text)
    assert parse(text.decode("latin-1")) == fields
    if len(text) < MAX_TEXT:  # a blank in front takes the long way, and must lead to the same
        assert parse(b" " + text) == fields, f"{text!r} reads otherwise with a blank in front"
    for field in fields:
        assert field == field.strip(BLANKS), f"blanks around {field!r}"


def _check_network_error(value: bytes) -> None:
    error = receipt.read_network_error(value)
    assert error is None or (0 <= error[0] <= 0xFF and 0 <= error[1] <= 0xFFFF)


def _come_back(text: bytes) -> None:
    """A receipt we write is one we read, whatever the message's text was."""
    state = _STATES[len(text) % len(_STATES)]
    read = receipt.read(DeliverSm(esm_class=4, short_message=render("5f3a09c1", state, _EPOCH_S, _EPOCH_S, text=text)))
    assert (read.message_id, read.state, read.submit_date, read.error) == ("5f3a09c1", state, _MOMENT, "000")


def _seeds() -> Iterator[bytes]:
    for octets in VECTORS.values():
        pdu = decode(octets).pdu
        if isinstance(pdu, DeliverSm | DataSm):
            esm_class = _ESM_CLASSES.index(pdu.esm_class) if pdu.esm_class in _ESM_CLASSES else 1
            known = [(_TAGS.index(tag), value) for tag, value in pdu.tlvs if tag in _TAGS][:3]
            tlvs = b"".join(bytes((tag, len(value))) + value for tag, value in known)
            text = pdu.short_message if isinstance(pdu, DeliverSm) else b""
            for shape in (0, 4, _IN_PAYLOAD):
                yield bytes((shape | len(known), esm_class, 0)) + tlvs + b"\0" + text
    for text in (
        b'id:"12", stat=DELIVRD done_date:20261122153000 err:0',
        b"text:hola id:7 stat:EXPIRED",
        b"DELIVRD",
        "id:1 stat:UNDELIV".encode("utf-16-be"),
        b"\x05\x00\x03\x01\x01\x01id:9 sub:1 dlvrd:1 submit date:2611221530 done date:261122153059 stat:2 err:1",
    ):
        yield b"\x00\x00\x01\x00" + text


_WORDS = b"id: sub: dlvrd: submit date: done date: stat: err: text: DELIVRD UNDELIV EXPIRED ENROUTE 2611221530"
TARGET = Target("receipt", receipts, _seeds, 1536, (*_WORDS.split(b" "), b"submit date:", b"done date:", b' "', b"="))
