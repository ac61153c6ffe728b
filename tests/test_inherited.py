"""Sockets handed over by systemd: which process they are for, what they are, whose they are."""

import os
import socket
from collections.abc import Iterator

import pytest

from gateway.inherited import FIRST, Inherited, Where, from_systemd, shared_out

PID = 4711


@pytest.fixture
def held() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held


def where(held: socket.socket) -> Where:
    host, port = held.getsockname()[:2]
    return host, port


def given(count: int, pid: int = PID, names: str = "relevo.socket") -> dict[str, str]:
    return {"LISTEN_PID": str(pid), "LISTEN_FDS": str(count), "LISTEN_FDNAMES": names}


def test_socket_is_taken_with_its_name_and_kept_from_children(held: socket.socket) -> None:
    (each,) = from_systemd(given(1, names="http"), PID, first=os.dup(held.fileno()))

    with each.socket as taken:
        assert (each.name, each.where) == ("http", where(held))
        assert not taken.get_inheritable()


def test_socket_without_names_is_taken(held: socket.socket) -> None:
    (each,) = from_systemd({"LISTEN_PID": str(PID), "LISTEN_FDS": "1"}, PID, first=os.dup(held.fileno()))

    with each.socket:
        assert each.name == ""


@pytest.mark.parametrize(
    "environ", [{}, given(1, pid=PID + 1), {"LISTEN_PID": str(PID)}, given(0), given(1) | {"LISTEN_FDS": "one"}]
)
def test_what_is_not_for_us_is_left_alone(environ: dict[str, str]) -> None:
    assert from_systemd(environ, PID) == []


def test_names_of_another_number_than_sockets_are_an_error() -> None:
    with pytest.raises(OSError, match="LISTEN_FDNAMES has 1 names for 2 sockets"):
        from_systemd(given(2, names="http"), PID)


def test_descriptor_that_is_no_listening_socket_is_an_error() -> None:
    with socket.socket() as idle, pytest.raises(OSError, match=r"descriptor \d+ \(http\) .* no socket that listens"):
        from_systemd(given(1, names="http"), PID, first=os.dup(idle.fileno()))


def test_descriptor_that_is_no_socket_is_an_error() -> None:
    number = os.open(os.devnull, os.O_RDONLY)
    try:
        with pytest.raises(OSError, match=f"descriptor {number} .* is no socket"):
            from_systemd(given(1), PID, first=number)
    finally:
        os.close(number)


def test_first_descriptor_is_systemds() -> None:
    assert FIRST == 3


# -- whose they are -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["http", "relevo.socket", ""])
def test_socket_is_shared_out_by_its_name_or_else_by_its_address(held: socket.socket, name: str) -> None:
    listeners = {"smpp": ("127.0.0.1", 1), "http": where(held), "smpp-tls": None}

    assert shared_out([Inherited(name, held)], listeners) == {"http": [held]}


def test_host_name_has_all_its_addresses(held: socket.socket) -> None:
    assert shared_out([Inherited("http", held)], {"http": ("localhost", where(held)[1])}) == {"http": [held]}


def test_address_may_be_spelled_in_any_way() -> None:
    with socket.create_server(("::", 0), family=socket.AF_INET6) as held:
        listeners = {"http": ("0:0:0:0:0:0:0:0", where(held)[1])}
        assert shared_out([Inherited("", held)], listeners) == {"http": [held]}


def test_listener_at_another_address_than_the_socket_with_its_name_is_an_error(held: socket.socket) -> None:
    with pytest.raises(OSError, match=rf"as http listens at .*:{where(held)[1]}; http is configured at \[::1\]:"):
        shared_out([Inherited("http", held)], {"http": ("::1", 8080)})


def test_socket_of_a_listener_that_is_not_configured_is_an_error(held: socket.socket) -> None:
    with pytest.raises(OSError, match=r"as smpp-tls listens at .*; smpp-tls is not configured"):
        shared_out([Inherited("smpp-tls", held)], {"smpp-tls": None, "http": where(held)})


def test_socket_at_an_address_that_no_listener_has_is_an_error(held: socket.socket) -> None:
    with pytest.raises(OSError, match=rf"\(relevo.socket\) .* no listener .* 127.0.0.1:{where(held)[1]}"):
        shared_out([Inherited("relevo.socket", held)], {"http": ("0.0.0.0", where(held)[1])})
