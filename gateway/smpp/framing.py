"""A growing stream of octets -> whole PDUs (§3.2, command_length)."""

import struct
from typing import Final

from gateway.smpp.errors import FramingError
from gateway.smpp.status import CommandStatus

BEFORE_BIND = 512
"""Largest command_length of a peer that has not bound: a bind's 98 octets, with room for long passwords."""

AFTER_BIND = 70_000
"""Largest command_length of a bound peer: a data_sm with a message_payload of 65,535 octets, and room for TLVs."""

_SHORTEST: Final = 16
_LENGTH: Final = 4
_unpack_length: Final = struct.Struct(">I").unpack_from

# What a stream that is not SMPP begins with, and whose it is.
_STRANGERS = (
    (b"HTTP", "a web server's answer (HTTP)"),
    (b"GET ", "an HTTP request"),
    (b"POST", "an HTTP request"),
    (b"HEAD", "an HTTP request"),
    (b"PUT ", "an HTTP request"),
    (b"OPTI", "an HTTP request"),
    (b"PRI ", "an HTTP/2 request"),
    (b"AMQP", "an AMQP peer"),
    (b"SSH-", "an SSH server"),
    (b"\x16\x03", "a TLS hello on the plain port"),
    (b"\x15\x03", "a TLS alert: the peer's port speaks TLS"),
)


class Framer:
    """Cuts a stream at each command_length; owns the octets of the one PDU that has begun and not ended.

    `max_length` is the largest command_length accepted, and may be changed at any time for what is fed from then on.
    A side that connects should allow AFTER_BIND from the start: the peer may send deliver_sm right behind bind_resp.
    """

    def __init__(self, max_length: int = BEFORE_BIND) -> None:
        self.max_length = max_length
        self._begun = bytearray()
        self._needed = _LENGTH
        self._lost: FramingError | None = None

    @property
    def pending(self) -> int:
        """Octets held of a PDU that is not whole yet."""
        return len(self._begun)

    @property
    def begun(self) -> bytes:
        """The octets held of a PDU that is not whole yet."""
        return bytes(self._begun)

    def feed(self, data: bytes) -> list[bytes]:
        """The PDUs that `data` completes, in order.

        Raises FramingError when a command_length is under 16 or over `max_length`; the PDUs before it are in the
        error's `whole`. After that every call raises it again: the stream has no way back.
        """
        if self._lost is not None:
            raise FramingError(self._lost.command_status, self._lost.reason)
        if self._begun:
            self._begun += data
            if len(self._begun) < self._needed:
                return []
            data = bytes(self._begun)
            self._begun.clear()
        return self._cut(data)

    def _cut(self, data: bytes) -> list[bytes]:
        """`data` begins where a PDU begins; what is left at its end is kept, with the length that completes it."""
        whole: list[bytes] = []
        position, end = 0, len(data)
        while end - position >= _LENGTH:
            length: int = _unpack_length(data, position)[0]
            if not _SHORTEST <= length <= self.max_length:
                reason = self._reason(data[position:], length)
                self._lost = FramingError(CommandStatus.ESME_RINVCMDLEN, reason, tuple(whole))
                raise self._lost
            if position + length > end:
                self._keep(data[position:], length)
                return whole
            whole.append(data[position : position + length])
            position += length
        if position < end:
            self._keep(data[position:], _LENGTH)
        return whole

    def _keep(self, rest: bytes, needed: int) -> None:
        self._begun += rest
        self._needed = needed

    def _reason(self, octets: bytes, length: int) -> str:
        for start, stranger in _STRANGERS:
            if octets.startswith(start):
                return f"not SMPP but {stranger}"
        if length < _SHORTEST:
            return f"command_length {length} ({octets[:_LENGTH]!r}) is under {_SHORTEST}"
        return f"command_length {length} ({octets[:_LENGTH]!r}) is over {self.max_length}"
