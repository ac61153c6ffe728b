"""Octets that no SMSC should send and some do, for `garbage` and `noise`."""

from collections.abc import Callable

from gateway.smpp.codec import encode
from gateway.smpp.pdu import DeliverSm, SubmitSmResp, UnknownPdu
from gateway.smpp.spec import RESPONSE_BIT

# Well framed, so the session has to live on: a vendor's own request and response, an answer to what nobody asked, a
# deliver_sm whose sm_length runs past its end, a response with octets behind its body.
_FAR_NUMBER = 0x7FFFFF00
_GARBAGE = (
    encode(UnknownPdu(0x01000001, b"\x01vendor\x00"), _FAR_NUMBER),
    encode(UnknownPdu(0x01000002 | RESPONSE_BIT, b"\x00"), _FAR_NUMBER + 1),
    encode(SubmitSmResp("nobody-asked"), _FAR_NUMBER + 2),
    encode(DeliverSm(source_addr="1", destination_addr="2"), _FAR_NUMBER + 3)[:-1] + b"\xff",
    encode(SubmitSmResp(), _FAR_NUMBER + 4)[:3]
    + b"\x14"
    + encode(SubmitSmResp(), _FAR_NUMBER + 4)[4:]
    + b"\xde\xad\x00",
)
# Not SMPP, or not any more: the framing is lost and the connection with it.
_NOISE = (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00\x00\x00\x0fshort", b"\x7f\xff\xff\xff\x00\x00\x00\x04", b"\r\n")


def garbage(random: Callable[[], float]) -> bytes:
    """A PDU that is framed as it should be and makes no sense."""
    return _GARBAGE[int(random() * len(_GARBAGE))]


def noise(random: Callable[[], float]) -> bytes:
    """Octets that are not SMPP."""
    return _NOISE[int(random() * len(_NOISE))]
