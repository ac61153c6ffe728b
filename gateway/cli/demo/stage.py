"""All that runs during the demo, and how it stands: carriers, gateway, both apps, the books."""

import asyncio
import math
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from gateway.cli.demo.arrivals import Arrivals
from gateway.cli.demo.bank import Hook, HttpApp
from gateway.cli.demo.carriers import Smsc, start_smscs
from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.figures import LaneFigures, lane_figures, used_rate
from gateway.cli.demo.ledger import Ledger
from gateway.cli.demo.process import GatewayProcess
from gateway.cli.demo.pulse import Pulse
from gateway.cli.demo.screen import Screen
from gateway.cli.demo.shop import Shop
from gateway.cli.demo.views import CarrierRow, Picture
from gateway.cli.demo.workspace import Secrets, Workspace, free_ports
from gateway.clock import Clock

TICK_S, DRAW_EVERY_S, ASK_EVERY_S, SAMPLE_EVERY_S = 0.05, 0.25, 1.0, 0.5
PATIENCE_S = 20.0
"""So long nothing at all may happen before the demo gives up waiting."""
_SAMPLES = 16


class Stage:
    """Made by `stage`, which also takes it down again."""

    def __init__(
        self,
        workspace: Workspace,
        screen: Screen,
        clock: Clock,
        *,
        smscs: Mapping[str, Smsc],
        client: aiohttp.ClientSession,
        ledger: Ledger,
        hook: Hook,
    ) -> None:
        secrets, http = workspace.secrets, workspace.ports.http
        self.workspace = workspace
        self.screen = screen
        self.clock = clock
        self.smscs = smscs
        self.ledger = ledger
        self.hook = hook
        self.arrivals = Arrivals()
        self.gateway = GatewayProcess(workspace, client)
        self.bank = HttpApp(client, http, secrets.banco_key)
        self.shop_by_http = HttpApp(client, http, secrets.tienda_key)
        self.shop = Shop(ledger, clock)
        self.status: Mapping[str, Any] = {}
        self._began = clock.monotonic()
        self._samples: dict[str, deque[float]] = {name: deque(maxlen=_SAMPLES) for name in smscs}
        self._due = {"draw": 0.0, "ask": 0.0, "sample": 0.0}

    def say(self, text: str) -> None:
        """A sentence of the story, with the second it belongs to."""
        self.screen.say(f"[dim]{self.elapsed_s:5.1f} s[/]  {text}")

    def note(self, text: str) -> None:
        """A line that belongs to the sentence before."""
        self.screen.say(f"           [dim]{text}[/]")

    @property
    def elapsed_s(self) -> float:
        """Since the stage was set."""
        return self.clock.monotonic() - self._began

    async def until(self, condition: Callable[[], bool], title: str, *, patience_s: float = PATIENCE_S) -> bool:
        """Wait for it, drawing; False where nothing has happened for `patience_s`.

        Raises StoryError where the gateway ends or the shop's bind breaks.
        """
        quiet_since, before = self.clock.monotonic(), self._progress()
        while True:
            await self.look(title)
            if condition():
                return True
            now = self.clock.monotonic()
            if self._progress() != before:
                quiet_since, before = now, self._progress()
            elif now - quiet_since > patience_s:
                return False
            await asyncio.sleep(TICK_S)

    async def seen(self, condition: Callable[[], bool], within_s: float = math.inf) -> bool:
        """Whether the condition comes true in time, for one that waits while another one looks."""
        deadline = self.clock.monotonic() + within_s
        while not condition():
            if self.clock.monotonic() >= deadline:
                return False
            await asyncio.sleep(TICK_S)
        return True

    async def look(self, title: str) -> None:
        """Bring books and picture up to date."""
        self.gateway.check()
        if self.shop.trouble:
            raise StoryError(self.shop.trouble)
        self.collect()
        if self._is_due("sample", SAMPLE_EVERY_S):
            for name, smsc in self.smscs.items():
                self._samples[name].append(self._rate(smsc))
        if self._is_due("ask", ASK_EVERY_S):
            self.status = await self.gateway.status()
        if self._is_due("draw", DRAW_EVERY_S):
            self.screen.draw(Picture(title, self.elapsed_s, self.carrier_rows(), self.lane_rows()))

    def collect(self) -> None:
        """What came to the carriers since the last time, into the ledger."""
        for smsc in self.smscs.values():
            for arrival in smsc.collect(self.arrivals):
                self.ledger.arrived(arrival)

    def allowed(self, carrier: str) -> float:
        """What the gateway's pacing allows a carrier now, by its own words."""
        binds = [bind for bind in self.status.get("binds", ()) if bind["carrier"] == carrier]
        limits = [bind["rate_limit"] for bind in binds if bind["rate_limit"] is not None]
        return float(min(sum(limits), self.smscs[carrier].tps)) if limits else float(self.smscs[carrier].tps)

    def carrier_rows(self) -> list[CarrierRow]:
        """A row for each carrier."""
        return [
            CarrierRow(
                name, smsc.binds, smsc.tps, self.allowed(name), self._rate(smsc), tuple(self._samples[name]),
                used_rate(self.ledger, name), smsc.taken, smsc.simulator.stats.receipts, smsc.throttled,
            )
            for name, smsc in self.smscs.items()
        ]  # fmt: skip

    def lane_rows(self) -> Sequence[LaneFigures]:
        """A row for each lane."""
        return [lane_figures(lane, self.ledger.of_lane(lane)) for lane in ("fast", "bulk")]

    def _rate(self, smsc: Smsc) -> int:
        return smsc.simulator.stats.arrivals.count(self.clock.monotonic())

    def _progress(self) -> tuple[int, int, int]:
        receipts = sum(len(letter.receipts) for letter in self.ledger.letters)
        return self.ledger.messages, sum(smsc.taken for smsc in self.smscs.values()), receipts

    def _is_due(self, what: str, every_s: float) -> bool:
        now = self.clock.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every_s
        return True


@asynccontextmanager
async def stage(
    screen: Screen, clock: Clock, random: Random, *, tps: Mapping[str, int], keep: int
) -> AsyncIterator[Stage]:
    """Carriers and webhook running, configuration written, the gateway not yet started; all gone afterwards.

    `keep` records of each carrier have to be enough for the whole run. Raises OSError.
    """
    async with AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="relevo-demo-"))
        workspace = Workspace(Path(directory), free_ports(), Secrets())
        pulse = Pulse(clock)
        stack.callback(pulse.stop)
        pulse.start()
        smscs: dict[str, Smsc] = {}
        stack.push_async_callback(_stop_smscs, smscs)
        await start_smscs(smscs, tps, workspace.secrets.carriers, keep, clock, pulse, random.random)
        client = await stack.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15)))
        ledger = Ledger()
        hook = Hook(ledger, workspace.secrets.hook)
        stack.push_async_callback(hook.stop)
        workspace.write(await hook.start(), {name: (smsc.port, smsc.tps) for name, smsc in smscs.items()})
        made = Stage(workspace, screen, clock, smscs=smscs, client=client, ledger=ledger, hook=hook)
        stack.push_async_callback(made.gateway.stop)
        stack.push_async_callback(_leave, made.shop)
        stack.callback(screen.close)
        yield made


async def _leave(shop: Shop) -> None:
    """A gateway that is gone already answers no unbind."""
    with suppress(TimeoutError):
        async with asyncio.timeout(5.0):
            await shop.unbind()


async def _stop_smscs(smscs: Mapping[str, Smsc]) -> None:
    for smsc in smscs.values():
        await smsc.simulator.stop()
