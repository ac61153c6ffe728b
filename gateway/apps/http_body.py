"""The body of a request: it is kept until it is read, and where much of it is kept its sender has to wait."""

import asyncio
import zlib
from collections import deque
from typing import Protocol

MOST_KEPT = 128 * 1024
"""Octets from which on no more is read before some are taken; what one read of the socket brings may come on top."""
SLICE = 64 * 1024
"""A packed body is read in pieces of so many octets, whatever they were packed into."""
PACKED = 16 * 1024
"""Octets unpacked at once: what is left behind the end of a member is copied."""

_UNPACKED = frozenset({"gzip", "x-gzip", "deflate"})


class BrokenBody(Exception):
    """It is not what the headers say: chunks, compression."""


class Flow(Protocol):
    """Where the octets come from."""

    def hold(self) -> None:
        """Read no more."""

    def release(self) -> None:
        """Read on."""


class Body:
    """The octets as they came. To be used in one running loop: one feeds them, one reads them."""

    __slots__ = ("_awaited", "_discarding", "_error", "_flow", "_held", "_kept", "_pieces", "ended")

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._pieces: deque[bytes] = deque()
        self._kept = 0
        self._held = False
        self._discarding = False
        self._awaited: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self.ended = False
        """Whether its last octet has come; whether that was read is not said."""

    # Who feeds it

    def feed(self, octets: bytes) -> None:
        """More of it has come."""
        if self._discarding:
            return
        self._pieces.append(octets)
        self._kept += len(octets)
        if self._kept > MOST_KEPT and not self._held:
            self._held = True
            self._flow.hold()
        self._wake()

    def end(self) -> None:
        """It has come whole."""
        self.ended = True
        self._wake()

    def fail(self, error: Exception) -> None:
        """The rest will not come: who reads gets the error after what has come."""
        if not self.ended:
            self._error = self._error or error
            self._wake()

    # Who reads it

    @property
    def whole(self) -> bool:
        """Whether `take` gives all of it."""
        return self.ended

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read, now and later."""
        return self.ended and not self._pieces

    def take(self) -> bytes:
        """What has come and was not read yet."""
        pieces = self._pieces
        octets = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self.drop()
        return octets

    async def read(self) -> bytes:
        """The next octets, b"" at the end. Raises BrokenBody; ConnectionError where the caller is gone."""
        while not self._pieces:
            if self.ended:
                return b""
            if self._error is not None:
                raise self._error
            self._awaited = asyncio.get_running_loop().create_future()
            try:
                await self._awaited
            finally:
                self._awaited = None
        return self.take()

    def drop(self) -> None:
        """Forget what has come and was not read."""
        self._pieces.clear()
        self._kept = 0
        self._release()

    async def discard(self) -> None:
        """Let the rest of it come for nothing. Raises as `read` does."""
        self._discarding = True
        self.drop()
        await self.read()

    def _release(self) -> None:
        if self._held and self._kept <= MOST_KEPT:
            self._held = False
            self._flow.release()

    def _wake(self) -> None:
        if self._awaited is not None and not self._awaited.done():
            self._awaited.set_result(None)


class PackedBody:
    """What a body unpacks to (RFC 9110 §8.4.1): gzip by both its names, and deflate with zlib's head or without."""

    whole = False  # it is not unpacked before it is read

    def __init__(self, body: Body, encoding: str) -> None:
        """`encoding` in lower case; that it is none which we unpack is said to who reads."""
        self._body = body
        self._encoding = encoding
        self._unpacking: zlib._Decompress | None = None
        self._packed = b""  # what was read
        self._at = 0  # of it is unpacked

    @property
    def empty(self) -> bool:
        """Whether there is nothing to read, now and later."""
        return self._body.empty and self._at >= len(self._packed)

    def take(self) -> bytes:
        """Never to be called: it is never `whole`."""
        raise BrokenBody("it is packed")

    async def read(self) -> bytes:
        """At most SLICE octets, b"" at the end. Raises BrokenBody; ConnectionError where the caller is gone."""
        if self._encoding not in _UNPACKED:
            raise BrokenBody(f"Content-Encoding {self._encoding} is not understood")
        while piece := await self._piece():
            octets = self._unpack(piece)
            if octets:
                return octets
        return self._rest()

    async def _piece(self) -> bytes:
        """What is to be unpacked next. A few octets may unpack to very much, or be thousands of members: between two
        pieces of what was read at once everybody else has a turn."""
        if self._at < len(self._packed):
            await asyncio.sleep(0)
        else:
            self._packed, self._at = await self._body.read(), 0
        return self._packed[self._at : self._at + PACKED]

    def _unpack(self, piece: bytes) -> bytes:
        unpacking = self._unpacking
        if unpacking is None or unpacking.eof:  # gzip may come in several members (RFC 1952 §2.2)
            unpacking = self._unpacking = zlib.decompressobj(self._window(piece[0]))
        try:
            octets = unpacking.decompress(piece, SLICE)
        except zlib.error as error:
            raise BrokenBody(str(error)) from None
        self._at += len(piece) - len(unpacking.unconsumed_tail or unpacking.unused_data)
        return octets

    def _rest(self) -> bytes:
        """What SLICE left of the last piece."""
        if self._unpacking is None or self._unpacking.eof:
            return b""
        octets = self._unpack(b"")
        if not octets and not self._unpacking.eof:
            raise BrokenBody("what is packed does not end")
        return octets

    def _window(self, first: int) -> int:
        if self._encoding != "deflate":
            return 16 + zlib.MAX_WBITS
        return zlib.MAX_WBITS if first & 0xF == zlib.DEFLATED else -zlib.MAX_WBITS
