"""Words to systemd, over a real datagram socket."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.notify import Notify


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as found:
        found.bind(str(tmp_path / "notify"))
        found.settimeout(5.0)
        yield found


def test_notify_says_what_goes_on(listener: socket.socket) -> None:
    notify = Notify({"NOTIFY_SOCKET": listener.getsockname()})

    notify.ready("2 binds")
    notify.reloading()
    notify.stopping("draining")
    notify.alive()

    heard = [listener.recv(512).decode().split("\n") for _ in range(4)]
    assert heard[0] == ["READY=1", "STATUS=2 binds"]
    assert heard[1][0] == "RELOADING=1"
    assert heard[1][1].startswith("MONOTONIC_USEC=")
    assert heard[1][1].removeprefix("MONOTONIC_USEC=").isdigit()
    assert heard[2:] == [["STOPPING=1", "STATUS=draining"], ["WATCHDOG=1"]]


def test_notify_reaches_an_abstract_socket() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("")  # the kernel gives it an abstract name
        listener.settimeout(5.0)
        name = listener.getsockname()[1:].decode()

        Notify({"NOTIFY_SOCKET": f"@{name}"}).alive()

        assert listener.recv(512) == b"WATCHDOG=1"


def test_notify_is_quiet_where_nobody_listens(tmp_path: Path) -> None:
    Notify({}).ready("")
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready("")


@pytest.mark.parametrize(
    ("said", "seconds"), [({}, 0.0), ({"WATCHDOG_USEC": "30000000"}, 30.0), ({"WATCHDOG_USEC": "x"}, 0.0)]
)
def test_watchdog_interval_is_read_in_microseconds(said: dict[str, str], seconds: float) -> None:
    assert Notify(said).watchdog_s == seconds
