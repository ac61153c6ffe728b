"""A connection that can misbehave: it brings octets past its session."""

from gateway.connection import Connection


class Wire(Connection):
    """A Connection for an SMSC with faults."""

    def inject(self, octets: bytes) -> None:
        """Send octets as they are, behind what is queued by now."""
        if self._transport is not None and not self.closing:
            self._write()
            self._transport.write(octets)
