"""What lies where in a PDU."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smpp.codec import encode
from gateway.smpp.dissection import HEADER_LENGTH, REST, dissect
from gateway.smpp.pdu import BindTransceiver, DeliverSm, EnquireLink, SubmitSm, SubmitSmResp, UnknownPdu
from gateway.smpp.spec import Tag


def named(octets: bytes) -> dict[str, bytes]:
    return {piece.name: octets[piece.start : piece.end] for piece in dissect(octets)}


def test_fields_and_tlvs_are_found_where_they_lie() -> None:
    pdu = SubmitSm(
        source_addr="45555", destination_addr="525512345678", short_message=b"hola",
        tlvs=((Tag.USER_MESSAGE_REFERENCE, b"\0\7"), (0x1403, b"x")),
    )  # fmt: skip
    found = named(encode(pdu, 7))

    assert (found["source_addr"], found["destination_addr"]) == (b"45555\0", b"525512345678\0")
    assert (found["sm_length"], found["short_message"]) == (b"\4", b"hola")
    assert (found["user_message_reference"], found["0x1403"]) == (b"\0\7", b"x")
    assert REST not in found


def test_password_of_a_bind_is_found() -> None:
    assert named(encode(BindTransceiver(system_id="acme", password="s3cret"), 1))["password"] == b"s3cret\0"


@pytest.mark.parametrize(
    ("octets", "names"),
    [
        (encode(EnquireLink(), 1), []),
        (encode(SubmitSmResp(), 1, 0x58), []),
        (encode(UnknownPdu(0x1234, b"abc"), 1), [REST]),
        (encode(SubmitSmResp("7"), 1) + b"\x04", ["message_id", REST]),
    ],
)
def test_pdus_without_fields_and_octets_that_are_none(octets: bytes, names: list[str]) -> None:
    assert [piece.name for piece in dissect(octets)] == names


@given(st.binary(max_size=200), st.sampled_from([encode(DeliverSm(short_message=b"x" * 20), 1), encode(SubmitSm(), 1)]))
def test_pieces_never_overlap_nor_leave_the_pdu_whatever_the_octets(tail: bytes, whole: bytes) -> None:
    for octets in (whole[:HEADER_LENGTH] + tail, whole + tail, whole[: HEADER_LENGTH + len(tail) % 40]):
        at = HEADER_LENGTH
        for piece in dissect(octets):
            assert at <= piece.start <= piece.end <= len(octets)
            at = piece.end
        assert at <= len(octets)
