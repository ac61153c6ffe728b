"""A segment whose receipt is awaited: with its message, or, when it has waited long, packed to its ids alone.

Half a million of them may wait packed. With what holds them they are 230 octets each; as tuples of strings and floats
they were 370.
"""

from struct import Struct
from uuid import UUID

import msgspec

from gateway.message import Message

_ROW = Struct("=16sHd")  # the message's id, the segment's number, when it was submitted
_pack, _unpack, _octets = _ROW.pack, _ROW.unpack, bytes.fromhex


class Waiting(msgspec.Struct, frozen=True, gc=False):
    """A segment waiting for its receipt; `message` is None where only the id is still in memory."""

    message_id: str
    segment: int
    message: Message | None
    since: float


def pack(message_id: str, segment: int, since: float) -> bytes:
    """A segment without its message; the id is a UUID."""
    return _pack(_octets(message_id.replace("-", "")), segment, since)


def unpack(row: bytes) -> Waiting:
    """What was packed."""
    octets, segment, since = _unpack(row)
    return Waiting(str(UUID(bytes=octets)), segment, None, since)
