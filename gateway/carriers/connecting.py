"""The way to an SMSC: a bind's connection, and the request that binds it."""

import asyncio
from collections.abc import Callable

from gateway.carriers.bind_settings import BindSettings, Endpoint
from gateway.connection import Connection, Owner
from gateway.smpp.matrix import Role
from gateway.smpp.pdu import BindReceiver, BindRequest, BindTransceiver, BindTransmitter
from gateway.smpp.session import Session

CONNECT_S = 10.0
"""So long a host may take to accept, with its TLS."""
_REQUESTS: dict[str, type[BindTransceiver] | type[BindTransmitter] | type[BindReceiver]] = {
    "transceiver": BindTransceiver,
    "transmitter": BindTransmitter,
    "receiver": BindReceiver,
}


async def connect(
    settings: BindSettings, endpoint: Endpoint, owner: Owner, monotonic: Callable[[], float]
) -> Connection:
    """A connection with a session of `owner`'s that is not bound yet. Raises OSError, ssl.SSLError, and TimeoutError
    after CONNECT_S."""
    async with asyncio.timeout(CONNECT_S):
        _, connection = await asyncio.get_running_loop().create_connection(
            lambda: Connection(Session(Role.ESME, settings.timers, monotonic()), owner, monotonic),
            endpoint.host,
            endpoint.port,
            local_addr=(settings.source_ip, 0) if settings.source_ip else None,
            ssl=settings.tls,
            server_hostname=(settings.tls_server_name or endpoint.host) if settings.tls else None,
        )
    return connection


def bind_request(settings: BindSettings) -> BindRequest:
    """bind_transceiver, bind_transmitter or bind_receiver (SMPP 3.4 §4.1) as the carrier knows us."""
    return _REQUESTS[settings.mode](
        system_id=settings.system_id,
        password=settings.password,
        system_type=settings.system_type,
        interface_version=settings.interface_version,
        addr_ton=settings.addr_ton,
        addr_npi=settings.addr_npi,
        address_range=settings.address_range,
    )
