"""Batches over a store in memory, a road in and carriers that a test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.batches import Batches, Lookups, Spread, Watching
from gateway.intake import AppRules, CarrierRules, Intake, Rules
from gateway.message import Content, Message
from gateway.parts import Profile
from gateway.store.ids import first_id
from gateway.store.memory import MemoryStore
from gateway.submission import Submission
from portability.answer import Answer
from portability.source import Ask, Resolver
from routes.mt import MtRoutes, MtRule
from tests.carriers.rig import World, world


class Plan:
    """A source: numbers that end in 9 are asked about, all are telcel's."""

    name = "plan"
    unavailable: str | None = None

    def __init__(self) -> None:
        self.ahead: list[int] = []

    def look_ahead(self, numbers: list[int]) -> None:
        self.ahead += numbers

    def lookup(self, number: int) -> Answer | Ask | None:
        return Ask.ASK if number % 10 == 9 else Answer("telcel", "plan", mobile=True)

    async def ask(self, number: int) -> Answer | None:
        return Answer("telcel", "plan", mobile=True)


class Nobody:
    """Nobody has opted out."""

    def has(self, app: str, number: str) -> bool:
        return False


class Counts:
    """What was counted of rows."""

    def __init__(self) -> None:
        self.rows = 0
        self.codes: list[str] = []

    def accepted(self, message: Message) -> None:
        self.rows += 1

    def refused(self, app: str, code: str) -> None:
        self.codes.append(code)


class Site:
    """All of it; one carrier, telcel, whose bind is up when a test says so."""

    def __init__(self, around: World) -> None:
        self.world = around
        self.counts = Counts()
        self.plan = Plan()
        self._ids = 0
        rules = Rules(
            "MX",
            {"bank": AppRules("bulk", ("fast", "bulk"), ("45555",), 1.0)},
            {"telcel": CarrierRules((), "45555", Profile())},
            MtRoutes([MtRule(via=("telcel",))]),
            {"fast": 300.0, "bulk": 86_400.0},
        )
        self.intake = Intake(
            rules,
            Resolver([self.plan]),
            around.commits,
            Nobody(),
            up=around.dispatch.up,
            hand_down=around.dispatch.hand_down,
            utc=around.clock.utc,
            monotonic=around.clock.monotonic,
            random=lambda: 0.5,
            new_id=self.new_id,
        )
        self.lookups = Lookups(around.store, around.commits, around.clock.utc)
        self.batches = Batches(
            around.store,
            around.commits,
            self.intake,
            self.lookups,
            around.dispatch,
            self.counts,
            wake=around.feed.tick,
            utc=around.clock.utc,
            new_id=self.new_id,
        )
        around.commits.watch = Watching(self.lookups.accepted, self.batches.moved)

    def new_id(self) -> str:
        self._ids += 1
        return first_id(self.world.clock.utc())[:-8] + f"{self._ids:08x}"

    def rows(self, count: int, **fields: object) -> list[Submission]:
        """Rows to one number each."""
        return [
            Submission(app="bank", to=f"551234{n:03d}0", content=Content(text="hola"), interface="http", **fields)  # type: ignore[arg-type]
            for n in range(count)
        ]

    async def send(self, count: int, key: str = "", spread: Spread | None = None) -> str:
        """A whole body; the batch's id."""
        upload, tally = await self.batches.begin("bank", key, "", "", spread)
        assert upload is not None
        await upload.take(self.rows(count))
        await upload.end("digest")
        return tally.batch.id

    async def pass_s(self, seconds: float) -> None:
        """So much time passes, and what the clock drives in batches is done."""
        self.world.clock.advance(seconds)
        await self.batches.tick()
        await asyncio.gather(*self.batches._tasks)

    async def words(self, batch_id: str) -> dict[str, int]:
        """How many of a batch have which status."""
        await self.world.settle()
        return (await self.batches.get("bank", batch_id)).words()


@asynccontextmanager
async def batches(store: MemoryStore | None = None) -> AsyncIterator[Site]:
    """A site with one carrier."""
    async with world("telcel", store=store) as around:
        site = Site(around)
        site.lookups.restore(await around.store.settings(), await around.store.last_id())
        await site.batches.restore()
        yield site
        await site.batches.stop()
