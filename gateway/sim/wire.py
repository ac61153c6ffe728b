"""A connection that can misbehave: bring octets past its session, and stand still."""

from gateway.connection import Connection


class Wire(Connection):
    """A Connection for an SMSC with faults."""

    frozen = False
    _held = b""

    def inject(self, octets: bytes) -> None:
        """Send octets as they are, behind what is queued by now."""
        if self._transport is not None and not self.closing:
            self._write()
            self._transport.write(octets)

    def freeze(self, frozen: bool) -> None:
        """While frozen, what comes is left unread; afterwards it is read as if it came then."""
        self.frozen = frozen
        held, self._held = self._held, b""
        if frozen:
            self._held = held
        elif held and not self.closing:
            super().data_received(held)

    def data_received(self, data: bytes) -> None:
        if self.frozen:
            self._held += data
        else:
            super().data_received(data)
