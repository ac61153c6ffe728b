"""smpplib, an implementation that shares no line with ours, reads what we write and writes what we read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import smpp

from gateway.smpp.codec import PEER_APP, decode, encode, peek_header
from gateway.smpp.fields import CString, Field, Integer, ShortMessage
from gateway.smpp.pdu import LAYOUTS, Pdu
from gateway.smpp.spec import VERSION_34, CommandId, Tag, command_name, is_response
from tests.support.strategies import c_strings, octet, sequence_numbers

from .vectors import VECTORS

# Not known to smpplib.
_UNKNOWN = {
    CommandId.OUTBIND,
    CommandId.SUBMIT_MULTI,
    CommandId.SUBMIT_MULTI_RESP,
    CommandId.CANCEL_SM,
    CommandId.CANCEL_SM_RESP,
    CommandId.REPLACE_SM,
    CommandId.REPLACE_SM_RESP,
}
SHARED = [pdu_class for pdu_class, layout in LAYOUTS.items() if layout.command_id not in _UNKNOWN]

# TLVs of one width in both, per PDU that may bear them, as (tag, smpplib's name, octets).
_TLVS = {
    CommandId.SUBMIT_SM: [
        (Tag.USER_MESSAGE_REFERENCE, "user_message_reference", 2),
        (Tag.SAR_MSG_REF_NUM, "sar_msg_ref_num", 2),
        (Tag.SAR_TOTAL_SEGMENTS, "sar_total_segments", 1),
        (Tag.MORE_MESSAGES_TO_SEND, "more_messages_to_send", 1),
    ],
    CommandId.DELIVER_SM: [
        (Tag.USER_MESSAGE_REFERENCE, "user_message_reference", 2),
        (Tag.MESSAGE_STATE, "message_state", 1),
    ],
}


class _Client:
    """What a PDU of smpplib asks of its client; the default one numbers globally."""

    sequence = 0

    def next_sequence(self) -> int:
        return 0


def _value(field: Field) -> st.SearchStrategy[object]:
    match field:
        case Integer("interface_version"):
            return st.just(VERSION_34)  # smpplib writes no other
        case Integer():
            return octet
        case CString("message_id"):
            return c_strings(field.size - 1, ascii_only=True).filter(bool)  # smpplib writes no query_sm without one
        case CString(name) if name.endswith("_addr"):
            return c_strings(
                20, ascii_only=True
            )  # data_sm and alert_notification may have 64 (§4.7.1, §4.12.1); smpplib cuts
        case CString():
            return c_strings(field.size - 1, ascii_only=True)
        case ShortMessage():
            return st.binary(max_size=field.limit)
    raise TypeError(f"no values for {field!r}")


@st.composite
def shared_pdus(draw: st.DrawFn) -> Pdu:
    """PDUs both sides know, well formed, with ASCII in their C-strings."""
    pdu_class = draw(st.sampled_from(SHARED))
    layout = LAYOUTS[pdu_class]
    values = {field.name: draw(_value(field)) for field in layout.fields}
    known = draw(st.lists(st.sampled_from(_TLVS.get(layout.command_id, [None])), unique=True, max_size=4))
    tlvs = tuple((tlv[0], draw(st.binary(min_size=tlv[2], max_size=tlv[2]))) for tlv in known if tlv)
    return pdu_class(**values, tlvs=tlvs)


def _plain(value: object) -> object:
    """smpplib reads C-strings as octets, and an empty short_message as None."""
    if value is None:
        return b""
    return value.encode("latin-1") if isinstance(value, str) else value


@given(shared_pdus(), sequence_numbers)
def test_smpplib_reads_the_fields_we_wrote(pdu: Pdu, sequence_number: int) -> None:
    layout = LAYOUTS[type(pdu)]
    theirs = smpp.parse_pdu(encode(pdu, sequence_number), client=_Client())
    assert (theirs.command, theirs.sequence) == (command_name(layout.command_id), sequence_number)
    for field in layout.fields:
        assert _plain(getattr(theirs, field.name)) == _plain(getattr(pdu, field.name)), field.name
    names = {tag: name for tag, name, _ in _TLVS.get(layout.command_id, [])}
    for tag, value in pdu.tlvs:
        assert getattr(theirs, names[tag]) == int.from_bytes(value, "big")


@given(shared_pdus(), sequence_numbers)
def test_we_read_the_fields_smpplib_wrote(pdu: Pdu, sequence_number: int) -> None:
    layout = LAYOUTS[type(pdu)]
    values = {field.name: getattr(pdu, field.name) for field in layout.fields}
    names = {tag: name for tag, name, _ in _TLVS.get(layout.command_id, [])}
    values |= {names[tag]: int.from_bytes(value, "big") for tag, value in pdu.tlvs}
    theirs = smpp.make_pdu(command_name(layout.command_id), client=_Client(), **values)
    theirs.sequence = sequence_number
    frame = decode(theirs.generate(), PEER_APP)
    assert frame.sequence_number == sequence_number
    assert type(frame.pdu) is type(pdu)
    assert frame.pdu._replace(tlvs=()) == pdu._replace(tlvs=())
    assert sorted(frame.pdu.tlvs) == sorted(pdu.tlvs)


@pytest.mark.parametrize("name", [name for name, octets in VECTORS.items() if peek_header(octets)[1] not in _UNKNOWN])
def test_smpplib_reads_the_vectors_it_knows(name: str) -> None:
    frame = decode(VECTORS[name])
    theirs = smpp.parse_pdu(VECTORS[name], client=_Client())
    assert (theirs.status, theirs.sequence) == (frame.command_status, frame.sequence_number)
    if is_response(frame.command_id) and len(VECTORS[name]) == 16:
        return
    for field in LAYOUTS[type(frame.pdu)].fields:
        assert _plain(getattr(theirs, field.name)) == _plain(getattr(frame.pdu, field.name))
