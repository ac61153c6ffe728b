"""Words to systemd (sd_notify(3)): READY, RELOADING, STOPPING, WATCHDOG. Nothing happens where nobody listens."""

import os
import socket
import time
from collections.abc import Mapping


class Notify:
    """The socket that systemd names in NOTIFY_SOCKET."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        """`environ` may also name WATCHDOG_USEC, the microseconds within which systemd wants a sign of life."""
        address = environ.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        watchdog_us = environ.get("WATCHDOG_USEC", "")
        self.watchdog_s = int(watchdog_us) / 1e6 if watchdog_us.isdigit() else 0.0

    def ready(self, status: str) -> None:
        """Started, or done reloading."""
        self._send(f"READY=1\nSTATUS={status}")

    def reloading(self) -> None:
        """A reload has begun; `ready` ends it. The time is what Type=notify-reload asks for."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self, status: str) -> None:
        """A stop has begun."""
        self._send(f"STOPPING=1\nSTATUS={status}")

    def alive(self) -> None:
        """A sign of life for the watchdog."""
        self._send("WATCHDOG=1")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.connect(self._address)
                sender.sendall(text.encode())
            except OSError:
                return  # systemd is gone or restarting; it asks the process table, and we have better to do
