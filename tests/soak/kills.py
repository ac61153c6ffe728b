"""kill -9 at random moments, hundreds of times over one store: nothing lost, little twice, and each restart timed."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.journeys.kills import LATE, TWICE_AT_MOST, live, sections, settle, strangers
from tests.journeys.parties import Hook, Smsc
from tests.support.gateway import GatewayProcess

KILLS_A_ROUND = 10
"""After so many the gateway is let to catch up and the books are settled; the store goes on to the next round."""
WITHIN_S = 60.0


@dataclass
class Tolls:
    """What all kills have cost."""

    kills: int = 0
    accepted: int = 0
    copies: int = 0
    faults: list[str] = field(default_factory=list)
    restarts_s: list[float] = field(default_factory=list)
    took_s: float = 0.0

    @property
    def allowed(self) -> int:
        """So many copies there may be."""
        return self.kills * TWICE_AT_MOST

    def sums(self) -> dict[str, float]:
        """For the table."""
        starts = sorted(self.restarts_s)
        return {
            "kills": self.kills,
            "messages answered yes": self.accepted,
            "copies at the carrier": self.copies,
            "copies allowed": self.allowed,
            "restart to /readyz, ms: median": 1000 * starts[len(starts) // 2],
            "restart to /readyz, ms: longest": 1000 * starts[-1],
            "seconds": self.took_s,
        }


async def run(times: int, seed: int, directory: Path, say: Callable[[str], None]) -> Tolls:
    """Kill so many times, settle in between, and have the gateway's own audit at the end."""
    smsc, hook, random = Smsc(seed, **LATE), Hook(), Random(seed)
    await smsc.start()
    await hook.start()
    gateway = GatewayProcess(directory, log={"level": "warning"}, **sections(smsc, hook))
    tolls, began = Tolls(), time.monotonic()
    try:
        await gateway.start()
        while tolls.kills < times and not tolls.faults:
            await _round(tolls, min(KILLS_A_ROUND, times - tolls.kills), gateway, smsc, hook, random)
            say(f"{tolls.kills} kills, {tolls.accepted:,} messages, {tolls.copies:,} copies")
        await gateway.stop()
        audit = await asyncio.to_thread(gateway.audit)
        tolls.faults += [f"relevo audit: {wrong}" for wrong in audit.wrong]
        if audit.messages < tolls.accepted:
            tolls.faults.append(f"{tolls.accepted - audit.messages} answered yes are not in the store")
    finally:
        await gateway.close()
        await hook.stop()
        await smsc.stop()
    if tolls.copies > tolls.allowed:
        tolls.faults.append(f"{tolls.copies} copies, {tolls.allowed} allowed")
    tolls.took_s = time.monotonic() - began
    return tolls


async def _round(tolls: Tolls, kills: int, gateway: GatewayProcess, smsc: Smsc, hook: Hook, random: Random) -> None:
    words = f"after {tolls.kills} "
    load = await live(gateway, random, kills, words, on_start=tolls.restarts_s.append)
    tolls.kills += kills
    try:
        toll = await settle(gateway, load, smsc, hook, WITHIN_S)
    except TimeoutError as error:
        tolls.faults.append(str(error)[:2_000])
        return
    tolls.accepted += toll.accepted
    tolls.copies += toll.copies
    tolls.faults += toll.faults
    tolls.faults += [f"sent again after its end: {text}" for text in strangers(smsc, words)]
    await load.unbind()
    hook.events.clear()
    smsc.forget()
