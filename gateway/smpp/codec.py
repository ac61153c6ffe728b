"""PDU <-> octets, driven by the layouts of `pdu` (§3.2)."""

import struct
from collections.abc import Callable
from typing import NamedTuple

from gateway.smpp.errors import FramingError, PduError
from gateway.smpp.pdu import Pdu, UnknownPdu


class Frame(NamedTuple):
    """One PDU as received: its header, its values, and the octets of its body that could not be read.

    `stray` is empty for a well-formed PDU; else it is to be counted, and is never a reason to refuse the PDU.
    """

    command_id: int
    command_status: int
    sequence_number: int
    pdu: Pdu | UnknownPdu
    stray: bytes = b""


class Limits(NamedTuple):
    """How strictly a peer's requests are read."""

    name: str


PEER_CARRIER = Limits("carrier")
PEER_APP = Limits("app")


def peek_header(octets: bytes) -> tuple[int, int, int, int]: ...
def encode(pdu: Pdu, sequence_number: int, command_status: int = 0, *, error_body: bool = False) -> bytes: ...
def decode(octets: bytes, limits: Limits = PEER_CARRIER) -> Frame: ...
