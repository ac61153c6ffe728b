"""A stream is cut into whole PDUs however it arrives, and is given up only when its lengths make no sense."""

import pytest

from gateway.smpp.codec import encode
from gateway.smpp.errors import FramingError
from gateway.smpp.framing import AFTER_BIND, BEFORE_BIND, Framer
from gateway.smpp.pdu import DataSm, DeliverSm, EnquireLink
from gateway.smpp.spec import Tag
from gateway.smpp.status import CommandStatus

ONE = encode(DeliverSm(source_addr="525512345678", short_message=b"Hola"), 1)
TWO = encode(EnquireLink(), 2)


def test_framer_gives_one_pdu_without_copying_it() -> None:
    framer = Framer()
    assert framer.feed(TWO) == [TWO]
    assert framer.pending == 0


def test_case_10_several_pdus_in_one_read_are_all_given() -> None:
    assert Framer().feed(ONE + TWO + ONE) == [ONE, TWO, ONE]


def test_case_11_pdu_split_at_any_octet_is_put_together() -> None:
    stream = ONE + TWO
    for cut in range(len(stream) + 1):
        framer = Framer()
        first, second = framer.feed(stream[:cut]), framer.feed(stream[cut:])
        assert first + second == [ONE, TWO]
        assert framer.pending == 0


def test_pending_counts_the_octets_of_the_unfinished_pdu() -> None:
    framer = Framer()
    framer.feed(TWO + ONE[:7])
    assert framer.pending == 7
    framer.feed(ONE[7:9])
    assert framer.pending == 9
    framer.feed(ONE[9:])
    assert framer.pending == 0


def test_feeding_nothing_changes_nothing() -> None:
    framer = Framer()
    assert framer.feed(b"") == []
    framer.feed(ONE[:3])
    assert framer.feed(b"") == []
    assert framer.pending == 3


@pytest.mark.parametrize("length", [0, 15, BEFORE_BIND + 1, 0xFFFFFFFF])
def test_length_out_of_bounds_loses_the_framing_at_its_fourth_octet(length: int) -> None:
    framer = Framer()
    octets = length.to_bytes(4, "big")
    assert framer.feed(octets[:3]) == []
    with pytest.raises(FramingError, match=f"command_length {length} ") as caught:
        framer.feed(octets[3:])
    assert caught.value.command_status == CommandStatus.ESME_RINVCMDLEN


def test_pdus_before_the_bad_length_come_with_the_error() -> None:
    framer = Framer()
    with pytest.raises(FramingError) as caught:
        framer.feed(ONE + TWO + b"\0\0\0\x05")
    assert caught.value.whole == (ONE, TWO)


def test_stream_given_up_stays_given_up() -> None:
    framer = Framer()
    with pytest.raises(FramingError):
        framer.feed(ONE + b"\0\0\0\0")
    with pytest.raises(FramingError) as caught:
        framer.feed(TWO)
    assert caught.value.whole == ()


@pytest.mark.parametrize(
    ("octets", "stranger"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n", "web server"),
        (b"GET / HTTP/1.1\r\n", "HTTP request"),
        (b"POST /x HTTP/1.1\r\n", "HTTP request"),
        (b"AMQP\0\0\x09\x01", "AMQP"),
        (bytes.fromhex("16030100c8010000c4"), "TLS hello"),
        (bytes.fromhex("16030300c8010000c4"), "TLS hello"),
        (bytes.fromhex("15030100020228"), "TLS alert"),
        (b"SSH-2.0-x\r\n", "SSH"),
    ],
)
def test_case_8_other_protocols_are_recognised(octets: bytes, stranger: str) -> None:
    with pytest.raises(FramingError, match=stranger):
        Framer(AFTER_BIND).feed(octets)


@pytest.mark.parametrize("octets", [b"\r\n\r\n", b"Welcome to SMSC\r\n"])
def test_case_9_banner_before_the_first_pdu_loses_the_framing(octets: bytes) -> None:
    with pytest.raises(FramingError, match="command_length") as caught:
        Framer(AFTER_BIND).feed(octets)
    assert caught.value.command_status == CommandStatus.ESME_RINVCMDLEN


def test_cap_can_be_raised_when_the_peer_has_bound() -> None:
    large = encode(DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"x" * 65_535),)), 3)
    with pytest.raises(FramingError, match="over 512"):
        Framer().feed(large)
    framer = Framer()
    framer.max_length = AFTER_BIND
    assert framer.feed(large) == [large]


def test_large_pdu_in_small_pieces_is_joined_once() -> None:
    large = encode(DataSm(tlvs=((Tag.MESSAGE_PAYLOAD, b"x" * 65_535),)), 3)
    framer = Framer(AFTER_BIND)
    whole = [pdu for at in range(0, len(large), 10) for pdu in framer.feed(large[at : at + 10])]
    assert whole == [large]
