"""Sockets that listened before we started and go on after our end: systemd holds them (sd_listen_fds(3)).

It gives each start of the service a copy. While nobody runs, who calls waits in the system's queue, so that a restart
refuses nobody.
"""

import socket
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

FIRST = 3
"""SD_LISTEN_FDS_START: the descriptor of the first; the others follow."""
_INTERNET = frozenset({socket.AF_INET, socket.AF_INET6})

Where = tuple[str, int]
"""IP address or host name, and port."""


class Inherited(NamedTuple):
    """A socket that listens already. `name` is its unit's FileDescriptorName, by default the unit's own name."""

    name: str
    socket: socket.socket

    @property
    def where(self) -> Where:
        """The IP address and port it listens at."""
        host, port = self.socket.getsockname()[:2]
        return str(host), int(port)


def from_systemd(environ: Mapping[str, str], pid: int, first: int = FIRST) -> list[Inherited]:
    """What systemd has handed to the process `pid`, which is ours; from now on it is ours to close.

    Raises OSError for what does not listen for TCP, and for a list of names that is not as long as that of sockets.
    """
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(pid) or not count.isdigit() or not int(count):
        return []
    told = environ.get("LISTEN_FDNAMES")
    names = told.split(":") if told else [""] * int(count)
    if len(names) != int(count):
        raise OSError(f"LISTEN_FDNAMES has {len(names)} names for {count} sockets")
    return [Inherited(name, _listening(number, name)) for number, name in enumerate(names, first)]


def shared_out(
    inherited: Iterable[Inherited], listeners: Mapping[str, Where | None]
) -> dict[str, Sequence[socket.socket]]:
    """Each listener's sockets, none for one that has to open its own. `listeners`: where each is configured, by name.

    A socket with a listener's name is that listener's, any other that listener's whose address it has. Raises OSError,
    naming both, where a socket is at another address than its listener, or at none that is configured: nobody would
    ever answer there.
    """
    places = {name: _addresses(where) for name, where in listeners.items() if where is not None}
    shares: dict[str, list[socket.socket]] = defaultdict(list)
    for each in inherited:
        if each.name in listeners and each.where not in places.get(each.name, ()):
            configured = listeners[each.name]
            there = "is not configured" if configured is None else f"is configured at {_told(configured)}"
            raise OSError(f"the socket handed over as {each.name} listens at {_told(each.where)}; {each.name} {there}")
        name = each.name if each.name in listeners else _at(each.where, places)
        if name is None:
            of_unit = f" ({each.name})" if each.name else ""
            raise OSError(f"a socket was handed over{of_unit} that no listener is configured at: {_told(each.where)}")
        shares[name].append(each.socket)
    return dict(shares)


def _at(where: Where, places: Mapping[str, frozenset[Where]]) -> str | None:
    return next((name for name, addresses in places.items() if where in addresses), None)


def _addresses(where: Where) -> frozenset[Where]:
    """What a host name or address and a port come to, spelled as the system spells it. Raises OSError."""
    found = socket.getaddrinfo(*where, type=socket.SOCK_STREAM)
    return frozenset((str(address[0]), int(address[1])) for *_, address in found)


def _listening(number: int, name: str) -> socket.socket:
    told = f"descriptor {number}" + (f" ({name})" if name else "")
    try:
        held = socket.socket(fileno=number)
    except OSError as error:
        raise OSError(f"{told} was handed over and is no socket: {error.strerror}") from error
    held.set_inheritable(False)
    listens = held.family in _INTERNET and held.type == socket.SOCK_STREAM
    if not listens or not held.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        held.close()
        raise OSError(f"{told} was handed over and is no socket that listens for TCP")
    return held


def _told(where: Where) -> str:
    host, port = where
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
