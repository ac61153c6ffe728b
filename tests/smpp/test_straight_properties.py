"""The bodies that are written out say what their layouts say."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.codec import encode
from gateway.smpp.fields import FieldError, write_tlvs
from gateway.smpp.pdu import LAYOUTS, DeliverSm, DeliverSmResp, Pdu, SubmitSm, SubmitSmResp
from gateway.smpp.straight import read_message, read_message_id, read_tail, write_message, write_message_id
from tests.support.strategies import pdus

STRAIGHT = (SubmitSm, DeliverSm, SubmitSmResp, DeliverSmResp)
straight_pdus = pdus.filter(lambda pdu: type(pdu) in STRAIGHT)


def by_layout(pdu_class: type, octets: bytes, lenient: bool) -> tuple[Pdu, bytes]:
    values, position = [], 16
    for field in LAYOUTS[pdu_class].fields:
        value, position = field.take(octets, position, lenient)
        values.append(value)
    tlvs, stray = read_tail(octets, position, lenient)
    return pdu_class(*values, tlvs), stray


def written_out(pdu_class: type, octets: bytes, lenient: bool) -> tuple[Pdu, bytes]:
    deliver = pdu_class in {DeliverSm, DeliverSmResp}
    if pdu_class in {SubmitSm, DeliverSm}:
        return read_message(octets, lenient, deliver=deliver)
    return read_message_id(octets, deliver=deliver)


def outcome(read: object, pdu_class: type, octets: bytes, lenient: bool) -> object:
    try:
        pdu, stray = read(pdu_class, octets, lenient)
    except FieldError as error:
        return str(error), error.command_status
    except (IndexError, ValueError):
        return "cut"
    return type(pdu), pdu, stray


@given(straight_pdus)
def test_body_is_written_as_its_layout_says(pdu: Pdu) -> None:
    write = write_message if isinstance(pdu, SubmitSm | DeliverSm) else write_message_id
    fields = LAYOUTS[type(pdu)].fields
    assert write(pdu) == b"".join(field.put(getattr(pdu, field.name)) for field in fields) + write_tlvs(pdu.tlvs)


@given(straight_pdus, st.booleans(), st.data())
def test_body_is_read_as_its_layout_says_whatever_was_done_to_it(pdu: Pdu, lenient: bool, data: st.DataObject) -> None:
    octets = bytearray(encode(pdu, 1))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(16, len(octets)))
        octets[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=300))
    lenient = lenient or not isinstance(pdu, SubmitSm | DeliverSm)  # responses are read leniently from anyone
    if len(octets) == 16:
        return  # a response without a body, which no layout says
    read = outcome(written_out, type(pdu), bytes(octets), lenient)
    assert read == outcome(by_layout, type(pdu), bytes(octets), lenient)
