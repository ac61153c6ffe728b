"""The apps' HTTP over a real socket, with a road in and a store behind it and nothing to send by."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from gateway.apps.auth import AppCredentials
from gateway.apps.http_server import HttpServer
from gateway.batches import Batches, Lookups, Watching
from gateway.config import Config, parse
from gateway.config.units import Address
from gateway.errors import Refusal, StoreError
from gateway.explain import Explainer, Price
from gateway.intake import Intake
from gateway.message import Event, Message, Status
from gateway.metrics import Metrics
from gateway.moves import move
from gateway.optouts import OptOutList
from gateway.rules import build_rules
from gateway.store.commits import Commits
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes, Store
from portability.answer import Answer
from portability.source import Ask, Resolver
from tests.support.clock import ManualClock

BANK, SHOP, FAR = "bank-key", "shop-key", "far-key"
NOW = 1_700_000_000.0

CONFIG = """
store: {retention: 30d}
networks:
  telcel: {name: Telcel}
  movistar: {name: Movistar}
  nowhere: {name: Nowhere}
portability: {region: MX, sources: []%s}
carriers:
  telcel:
    senders: {allow: ["45555", "BANCO"], default: "45555"}
    price: {currency: MXN, per_segment: "0.18"}
    binds: [{name: telcel-1, host: 127.0.0.1, port: 2801, system_id: a, password: b}]
  movistar:
    ucs2: false
    binds: [{name: movistar-1, host: 127.0.0.1, port: 2802, system_id: a, password: b}]
routes:
  - {network: [telcel], via: [telcel]}
  - {network: [movistar], via: [movistar]}
apps:
  bank: {api_keys: ["%s"], lane: fast, lanes: [fast, bulk], senders: ["45555", "BANCO"], tps: 20,
         system_id: bank, password: s3cret, callbacks: ["https://bank.example/dlr*", "http://127.0.0.1:9000/only"]}
  shop: {api_keys: ["%s"], lane: bulk, tps: 100000}
  far: {api_keys: ["%s"], allow_from: ["192.0.2.0/24"]}
"""


def a_hash(key: str) -> str:
    """A key as the configuration holds it."""
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


def a_config() -> Config:
    """Two networks with a carrier each, three apps."""
    text = CONFIG % (", unknown: telcel", a_hash(BANK), a_hash(SHOP), a_hash(FAR))
    return parse(text, "relevo.yaml", Path(), {}).config


class Plan:
    """A source: the last digit of a number says whose it is. 0-5 telcel, 6 movistar, 7 nowhere, 8 fixed, 9 asks."""

    name = "plan"
    unavailable: str | None = None

    def lookup(self, number: int) -> Answer | Ask | None:
        match number % 10:
            case 6:
                return Answer("movistar", "plan", ported=True, as_of=NOW - 60)
            case 7:
                return Answer("nowhere", "plan")
            case 8:
                return Answer("telcel", "plan", mobile=False)
            case 9:
                return Ask.ASK
        return Answer("telcel", "plan", ported=False, mobile=True)

    async def ask(self, number: int) -> Answer | None:
        await asyncio.sleep(0)
        return Answer("telcel", "plan")


class Shaky(MemoryStore):
    """A store that can be told to fail, or to hold its commits back."""

    def __init__(self) -> None:
        super().__init__()
        self.failing = False
        self.gate = asyncio.Event()
        self.gate.set()

    async def commit(self, changes: Changes) -> None:
        await self.gate.wait()
        if self.failing:
            raise StoreError("disk full")
        await super().commit(changes)


class Site:
    """A running listener with all that lies behind it. `live` is what has been handed down."""

    def __init__(self, store: Store | None = None, clock: ManualClock | None = None) -> None:
        self.config = config = a_config()
        self.clock = clock or ManualClock(utc=NOW)
        self.store = store or Shaky()
        self.commits = Commits(self.store, gather_s=0.0)
        self.opt_outs = OptOutList(self.commits, self.clock.utc)
        self.metrics = Metrics("0", process=False)
        self.live: dict[str, Message] = {}
        self._last = 0
        self.intake = Intake(
            build_rules(config),
            Resolver([Plan()]),
            self.commits,
            self.opt_outs,
            up=lambda carrier: True,
            hand_down=self._hand_down,
            utc=self.clock.utc,
            monotonic=self.clock.monotonic,
            random=lambda: 0.5,
            new_id=self.new_id,
        )
        self.held: set[str] = set()
        self.lookups = Lookups(self.store, self.commits, self.clock.utc)
        self.batches = Batches(
            self.store,
            self.commits,
            self.intake,
            self.lookups,
            self,
            self,
            wake=lambda: None,
            utc=self.clock.utc,
            new_id=self.new_id,
        )
        self.commits.watch = Watching(self.lookups.accepted, self.batches.moved)
        price = config.carriers["telcel"].price
        assert price is not None
        prices = {"telcel": Price(price.currency, price.per_segment)}
        self.server = HttpServer(
            config,
            AppCredentials(config.apps),
            self.intake,
            self.store,
            self.commits,
            self.opt_outs,
            Explainer(self.intake, prices, lambda carrier: True, self.clock.utc),
            self.batches,
            find=self.find,
            cancel=self.cancel,
            view=self.view,
            metrics=self.metrics,
            clock=self.clock,
            new_id=lambda: "made-here",
        )
        self.port = 0

    def new_id(self) -> str:
        self._last += 1
        return f"018bcfe5-6800-7000-8000-{self._last:012x}"

    def _hand_down(self, message: Message) -> None:
        self.live[message.id] = message

    def hold(self, flow: tuple[str, str]) -> None:
        self.held.add(flow[1])

    def release(self, flow: tuple[str, str]) -> None:
        self.held.discard(flow[1])

    async def cancel_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        found = await read()
        for message in found:
            if move(message, Status.CANCELLED, Event(self.clock.utc(), Status.CANCELLED)):
                self.commits.update(message)
        await self.commits.drain()
        return found

    async def expire_these(self, read: Callable[[], Awaitable[list[Message]]]) -> list[Message]:
        return await read()

    def accepted(self, message: Message) -> None:
        self.metrics.accepted(message.app, message.lane, message.interface).n += 1

    def refused(self, app: str, code: str) -> None:
        self.metrics.refused(app, code).n += 1

    def view(self, message: Message) -> Message:
        return message.seen_as(Status.PAUSED) if message.batch in self.held else message

    async def find(self, message_id: str) -> Message | None:
        return self.live.get(message_id) or await self.store.message(message_id)

    async def cancel(self, app: str, message_id: str) -> Message:
        message = await self.find(message_id)
        if message is None or message.app != app:
            raise Refusal("not_found")
        if not move(message, Status.CANCELLED, Event(self.clock.utc(), Status.CANCELLED)):
            raise Refusal("not_cancellable")
        return message


@asynccontextmanager
async def serving(site: Site | None = None) -> AsyncIterator[Site]:
    """A site that listens, with its store open and its writer running."""
    site = site or Site()
    await site.store.open()
    writer = asyncio.create_task(site.commits.run())
    try:
        site.port = await site.server.start(Address("127.0.0.1", 0))
        yield site
    finally:
        await site.server.stop()
        await site.batches.stop()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await site.store.close()


class Reply:
    """What came back."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self) -> Any:
        import json

        return json.loads(self.body)

    @property
    def codes(self) -> list[tuple[str | None, str]]:
        """Field and code of each error of a problem."""
        return [(error["field"], error["code"]) for error in self.json["errors"]]


class Caller:
    """An app."""

    def __init__(self, site: Site, session: aiohttp.ClientSession, key: str | None = BANK) -> None:
        self.site = site
        self._session = session
        self._key = key

    def by(self, key: str | None) -> "Caller":
        """The same with another key, or none."""
        return Caller(self.site, self._session, key)

    async def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, data: Any = None
    ) -> Reply:
        sent = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        url = f"http://127.0.0.1:{self.site.port}{path}"
        arguments: dict[str, Any] = {"json": body} if body is not None else {"data": data}
        async with self._session.request(method, url, headers={**sent, **(headers or {})}, **arguments) as answer:
            return Reply(answer.status, answer.headers, await answer.read())

    async def send(self, headers: dict[str, str] | None = None, **fields: Any) -> Reply:
        """POST /v1/messages; `from_` and `class_` without their underscore."""
        body = {"to": "+525512345670", "text": "hola", **{name.rstrip("_"): value for name, value in fields.items()}}
        return await self.call("POST", "/v1/messages", {k: v for k, v in body.items() if v is not ...}, headers)


@asynccontextmanager
async def calling(site: Site | None = None) -> AsyncIterator[Caller]:
    """An app at a running site."""
    async with serving(site) as running, aiohttp.ClientSession() as session:
        yield Caller(running, session)
