"""Whatever can be written is read back; whatever is read is a Frame or an error of ours."""

import contextlib
import struct

from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.codec import PEER_APP, PEER_CARRIER, Frame, decode, encode
from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.pdu import LAYOUTS, Pdu, UnknownPdu, command_id
from gateway.smpp.spec import is_response
from tests.support.strategies import pdus, sequence_numbers, u32, unknown_pdus

limits = st.sampled_from([PEER_CARRIER, PEER_APP])
command_ids = st.one_of(st.sampled_from([int(layout.command_id) for layout in LAYOUTS.values()]), u32)


@given(pdus, sequence_numbers, limits)
def test_decode_undoes_encode(pdu: Pdu, sequence_number: int, peer: object) -> None:
    frame = decode(encode(pdu, sequence_number), peer)
    assert frame == Frame(command_id(pdu), 0, sequence_number, pdu)
    assert type(frame.pdu) is type(pdu)


@given(pdus, u32)
def test_decode_undoes_encode_with_any_status_and_body(pdu: Pdu, command_status: int) -> None:
    frame = decode(encode(pdu, 1, command_status, error_body=True))
    assert (frame.command_status, frame.pdu) == (command_status, pdu)


@given(unknown_pdus, sequence_numbers)
def test_unknown_pdu_goes_through_unchanged(pdu: UnknownPdu, sequence_number: int) -> None:
    assert decode(encode(pdu, sequence_number)).pdu == pdu


@given(st.binary(max_size=300), limits)
def test_any_octets_give_a_frame_or_an_error_of_ours(octets: bytes, peer: object) -> None:
    with contextlib.suppress(PduError, FramingError):
        assert isinstance(decode(octets, peer), Frame)


@given(command_ids, u32, st.binary(max_size=300), limits)
def test_any_body_gives_a_frame_or_for_requests_a_pdu_error(
    command: int, command_status: int, body: bytes, peer: object
) -> None:
    octets = struct.pack(">IIII", 16 + len(body), command, command_status, 9) + body
    try:
        frame = decode(octets, peer)
    except PduError as error:
        assert not is_response(command)
        assert (error.command_id, error.sequence_number) == (command, 9)
        assert error.command_status != 0
    else:
        assert frame[:3] == (command, command_status, 9)


@given(pdus, st.data())
def test_octets_changed_at_will_never_break_the_reader(pdu: Pdu, data: st.DataObject) -> None:
    octets = bytearray(encode(pdu, 9))
    for _ in range(data.draw(st.integers(1, 4))):
        octets[data.draw(st.integers(4, len(octets) - 1))] = data.draw(st.integers(0, 255))
    try:
        frame = decode(bytes(octets), PEER_APP)
    except PduError:
        return
    assert isinstance(frame, Frame)


@given(pdus)
def test_what_an_app_may_send_a_carrier_may_too(pdu: Pdu) -> None:
    octets = encode(pdu, 1)
    assert decode(octets, PEER_APP) == decode(octets, PEER_CARRIER)
