"""A connection that can misbehave: it brings octets past its session."""

from gateway.connection import Connection


class Wire(Connection):
    """A Connection for an SMSC with faults."""

    dead = False
    """Nothing is read or written on it any more; the peer has to find out."""

    def fall_silent(self) -> None:
        """From now on there is nobody behind it, as when a firewall has forgotten the connection."""
        self.dead = True
        self.pause_reading()

    def resume_reading(self) -> None:
        """Read on, unless there is nobody to read any more."""
        if not self.dead:
            super().resume_reading()

    def break_off(self, octets: bytes) -> None:
        """Send octets, and end the connection right behind them."""
        self.inject(octets)
        self.close()

    def _write(self) -> None:
        if self.dead:
            self.session.data_to_send()
        else:
            super()._write()

    def inject(self, octets: bytes) -> None:
        """Send octets as they are, behind what is queued by now."""
        if self._transport is not None and not self.closing and not self.dead:
            self._write()
            self._transport.write(octets)
