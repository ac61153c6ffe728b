"""What one bind needs to know: its own keys of the configuration and its carrier's, as plain values."""

import ssl
from dataclasses import replace
from typing import NamedTuple

from gateway.smpp.timers import Timers


class Endpoint(NamedTuple):
    """Where a bind connects."""

    host: str
    port: int


class BindSettings(NamedTuple):
    """What one bind needs to know: its own keys of the configuration and its carrier's."""

    name: str
    carrier: str
    endpoints: tuple[Endpoint, ...]
    system_id: str
    password: str
    mode: str
    system_type: str
    interface_version: int
    addr_ton: int
    addr_npi: int
    address_range: str
    source_ip: str
    enquire_link_s: float
    response_timeout_s: float
    reconnect_min_s: float
    reconnect_max_s: float
    stable_after_s: float
    tls: ssl.SSLContext | None = None
    tls_server_name: str = ""

    @property
    def transmits(self) -> bool:
        """Whether messages can be sent over it."""
        return self.mode != "receiver"

    @property
    def timers(self) -> Timers:
        """The clocks of its sessions: a link that died without a word is noticed within `enquire_link` and
        `response_timeout`.

        Two enquire_link are missed before that, so each waits half of the response timeout, and no longer than usual.
        """
        timers = Timers(enquire_link_s=self.enquire_link_s, response_s=self.response_timeout_s)
        return replace(timers, enquire_response_s=min(timers.enquire_response_s, self.response_timeout_s / 2))
