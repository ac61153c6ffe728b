"""One bind, what it tells its carrier, and a scripted SMSC on a real socket."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from gateway.carriers.bind import Bind, Respond
from gateway.carriers.bind_settings import BindSettings, Endpoint
from gateway.smpp.events import Answered
from gateway.smpp.pdu import (
    DataSm,
    DeliverSm,
    SubmitSm,
)
from tests.support.peer import DEADLINE_S, Listener, Peer, listening

SUBMIT = SubmitSm(source_addr="45555", destination_addr="525512345678", short_message=b"hola")


class Owner:
    """A carrier that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.unanswered: list[object] = []
        self.answers: list[tuple[object, int, str]] = []
        self.late: list[tuple[object, int, str]] = []
        self.delivered_pdus: list[DeliverSm | DataSm] = []
        self.respond: list[Respond] = []
        self.turns = 0
        self._heard = asyncio.Event()

    def _tell(self, what: str) -> None:
        self.told.append(what)
        self._heard.set()

    def bind_up(self, bind: Bind) -> None:
        self._tell("up")

    def bind_ending(self, bind: Bind) -> None:
        self._tell("ending")

    def bind_down(self, bind: Bind, unanswered: Sequence[object]) -> None:
        self.unanswered = list(unanswered)
        self._tell("down")

    def answered(self, bind: Bind, context: object, command_status: int, message_id: str, elapsed_s: float) -> None:
        self.answers.append((context, command_status, message_id))
        self._tell("answered")

    def timed_out(self, bind: Bind, context: object) -> None:
        self._tell(f"timed_out {context}")

    def answered_late(self, bind: Bind, context: object, command_status: int, message_id: str) -> None:
        self.late.append((context, command_status, message_id))
        self._tell("late")

    def delivered(self, bind: Bind, pdu: DeliverSm | DataSm, respond: Respond) -> None:
        self.delivered_pdus.append(pdu)
        self.respond.append(respond)
        self._tell("delivered")

    def link_checked(self, bind: Bind, rtt_s: float) -> None:
        self._tell("link_checked")

    def end_of_turn(self, bind: Bind) -> None:
        self.turns += 1

    async def until(self, what: str, times: int = 1) -> None:
        """Wait until something has been told so often. Raises TimeoutError when it is not within DEADLINE_S."""
        async with asyncio.timeout(DEADLINE_S):
            while self.told.count(what) < times:
                self._heard.clear()
                await self._heard.wait()


def settings(port: int, **changes: Any) -> BindSettings:
    plain: dict[str, Any] = {
        "name": "telcel-1", "carrier": "telcel", "endpoints": (Endpoint("127.0.0.1", port),), "system_id": "acme",
        "password": "secret", "mode": "transceiver", "system_type": "VMA", "interface_version": 0x34, "addr_ton": 0,
        "addr_npi": 0, "address_range": "^4555", "source_ip": "", "enquire_link_s": 30.0, "response_timeout_s": 30.0,
        "reconnect_min_s": 0.001, "reconnect_max_s": 0.002, "stable_after_s": 30.0,
    }  # fmt: skip
    return BindSettings(**{**plain, **changes})


@asynccontextmanager
async def running(
    port: int, owner: Owner, *, clock: Callable[[], float] | None = None, **changes: Any
) -> AsyncIterator[Bind]:
    """A bind that is held until the end."""
    monotonic = clock or asyncio.get_running_loop().time
    bind = Bind(settings(port, **changes), owner, monotonic=monotonic, random=lambda: 0.0)
    task = asyncio.create_task(bind.run())
    try:
        yield bind
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(so: Callable[[], bool]) -> None:
    """Let the loop turn until something is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not so():  # noqa: ASYNC110  # what is waited for tells nobody
            await asyncio.sleep(0)


async def expect_answer(peer: Peer) -> Answered:
    return await peer.expect_event(Answered)


_LISTENERS: dict[int, Listener] = {}


def bound_listener(bind: Bind) -> Listener:
    return _LISTENERS[bind.settings.endpoints[0].port]


@asynccontextmanager
async def bound(owner: Owner, **changes: Any) -> AsyncIterator[tuple[Bind, Peer, asyncio.Task[None]]]:
    """A bind that is up, its SMSC and its task."""
    async with listening() as smsc:
        _LISTENERS[smsc.port] = smsc
        bind = Bind(
            settings(smsc.port, **changes), owner, monotonic=asyncio.get_running_loop().time, random=lambda: 0.0
        )
        task = asyncio.create_task(bind.run())
        try:
            peer = await smsc.accept()
            await peer.accept_bind()
            await owner.until("up")
            yield bind, peer, task
        finally:
            task.cancel()
            await asyncio.wait([task])
