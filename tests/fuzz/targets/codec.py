"""`codec.decode` under both limits: a Frame, a PduError or a FramingError; and what was read is written the same."""

from collections.abc import Iterator

from gateway.smpp.codec import PEER_APP, PEER_CARRIER, Frame, Limits, decode, encode
from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.framing import AFTER_BIND
from gateway.smpp.pdu import PDU_CLASSES, UnknownPdu
from gateway.smpp.spec import is_response
from tests.fuzz.octets import Octets
from tests.fuzz.target import Target
from tests.smpp.vectors import VECTORS

_HEADER = 16
_AS_IT_IS = 1  # command_length is the input's own; else it is set right, so that the body is looked at


def codec(data: bytes) -> None:
    octets = _pdu(Octets(data))
    strict, lenient = _read(octets, PEER_APP), _read(octets, PEER_CARRIER)
    if strict is not None:
        assert lenient == strict, f"an app's PDU reads otherwise from a carrier: {strict} {lenient}"
    if lenient is not None:
        _write_again(lenient, octets)


def _pdu(choices: Octets) -> bytes:
    if choices.byte() == _AS_IT_IS:
        return choices.rest()
    header = choices.take(_HEADER - 4).ljust(_HEADER - 4, b"\0")
    body = choices.stretched(AFTER_BIND - _HEADER)
    return (_HEADER + len(body)).to_bytes(4, "big") + header + body


def _read(octets: bytes, limits: Limits) -> Frame | None:
    command_id = int.from_bytes(octets[4:8], "big")
    try:
        frame = decode(octets, limits)
    except PduError as error:
        assert not is_response(command_id), f"{error} for a response"
        assert (error.command_id, error.sequence_number) == (command_id, int.from_bytes(octets[12:16], "big"))
        assert error.command_status, f"{error} would be answered ESME_ROK"
        return None
    except FramingError:
        assert len(octets) < _HEADER or int.from_bytes(octets[:4], "big") != len(octets)
        return None
    assert type(frame.pdu) is PDU_CLASSES.get(command_id, UnknownPdu)
    assert octets.endswith(frame.stray) or is_response(command_id) or len(frame.stray) == 1
    return frame


def _write_again(frame: Frame, octets: bytes) -> None:
    """What was read whole and within the limits of writing gives its octets again; a response, its values."""
    try:
        written = encode(frame.pdu, frame.sequence_number, frame.command_status, error_body=True)
    except ValueError:
        return  # longer than we write
    if frame.stray:
        return
    if is_response(frame.command_id):
        assert decode(written) == frame
    else:
        assert written == octets


def _seeds() -> Iterator[bytes]:
    for octets in VECTORS.values():
        yield b"\x00" + octets[4:16] + b"\x00" + octets[16:]
        yield b"\x01" + octets


TARGET = Target("codec", codec, _seeds, 2048)
