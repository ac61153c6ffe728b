"""The SMPP listener with a real intake, a memory store and a stand-in for the carriers' side, on a loopback socket."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uuid_utils

from gateway.apps.auth import AppCredentials
from gateway.apps.smpp_delivery import SmppWay
from gateway.apps.smpp_server import SmppServer
from gateway.config.apps import App
from gateway.config.secret import Secret
from gateway.deliveries import Deliveries, Outcome, Parcel
from gateway.errors import Refusal, StoreError
from gateway.intake import AppRules, CarrierRules, Intake, Rules
from gateway.message import Delivery, Event, Inbound, Message, Segment, Status
from gateway.metrics import Metrics
from gateway.moves import move
from gateway.parts import Profile
from gateway.smpp.pdu import BindRequest, BindTransceiver, SubmitSm
from gateway.store.commits import Commits
from gateway.store.memory import MemoryStore
from gateway.store.store import Changes
from portability.answer import Answer
from portability.source import Ask, Resolver
from routes.mt import MtRoutes, MtRule
from tests.support.peer import DEADLINE_S, Peer

BANK = App(
    system_id="bank1",
    password=Secret("s3cret"),
    tps=10_000.0,
    lane="bulk",
    lanes=("fast", "bulk"),
    max_binds=4,
    window=10,
    senders=("45555", "BANCO", "+525500001111"),
)
SHOP = App(system_id="shop1", password=Secret("other"), tps=10_000.0, max_binds=2)
SUBMIT = SubmitSm(
    source_addr="45555",
    dest_addr_ton=1,
    dest_addr_npi=1,
    destination_addr="525512345678",
    registered_delivery=1,
    short_message=b"hola",
)
ASKED = 525599999999
"""A number whose network must be asked for outside."""
UNKNOWN = 525588888888
"""One nobody knows."""


def new_id() -> str:
    return str(uuid_utils.uuid7())


class HeldStore(MemoryStore):
    """A memory store whose commits wait while `gate` is shut, and fail with `error` while there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: StoreError | None = None

    async def commit(self, changes: Changes) -> None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        await super().commit(changes)


class StubSource:
    """Everything is Telcel's but what the two numbers above say."""

    name = "stub"
    unavailable = None

    def __init__(self) -> None:
        self.ahead: list[list[int]] = []

    def look_ahead(self, numbers: list[int]) -> None:
        self.ahead.append(numbers)

    def lookup(self, number: int) -> Answer | Ask | None:
        if number == ASKED:
            return Ask.ASK
        return None if number == UNKNOWN else Answer("telcel", "stub")

    async def ask(self, number: int) -> Answer | None:
        await asyncio.sleep(0)
        return Answer("telcel", "stub")


class NobodyOptedOut:
    def has(self, app: str, number: str) -> bool:
        return False


@dataclass
class Limits:
    """What a test may change about the rig before it starts."""

    store: Any = None
    webhooks: frozenset[tuple[str, str]] = frozenset()
    retry_after_s: float | None = 0.0


class Rig:
    """The pieces, and what a test does with them."""

    def __init__(self, apps: dict[str, App], limits: Limits) -> None:
        self.apps = apps
        self.metrics = Metrics("test", process=False)
        self.store = limits.store or MemoryStore()
        self.commits = Commits(self.store, gather_s=0.0)
        self.handed: list[Message] = []
        self.source = StubSource()
        self.outcomes: list[tuple[str, Outcome]] = []
        rules = Rules(
            region="MX",
            apps={name: AppRules(app.lane, app.allowed_lanes, app.senders, app.tps) for name, app in apps.items()},
            carriers={"telcel": CarrierRules((), "45555", Profile())},
            routes=MtRoutes([MtRule(via=("telcel",))]),
            lane_ttl_s={"fast": 300.0, "bulk": 172_800.0},
        )
        self.intake = Intake(
            rules,
            Resolver([self.source]),
            self.commits,
            NobodyOptedOut(),
            up=lambda carrier: True,
            hand_down=self.handed.append,
            utc=time.time,
            monotonic=time.monotonic,
            random=lambda: 0.5,
            new_id=new_id,
        )
        self.deliveries = Deliveries(
            self.store,
            self.commits,
            list(apps),
            utc=time.time,
            retry_after_s=lambda parcel: limits.retry_after_s,
            on_outcome=lambda parcel, outcome: self.outcomes.append((parcel.delivery.subject, outcome)),
        )
        self.server = SmppServer(
            apps,
            AppCredentials(apps),
            self.intake,
            find=self.store.message,
            cancel=self.cancel,
            metrics=self.metrics,
            monotonic=time.monotonic,
            utc=time.time,
            random=lambda: 0.0,
            new_id=new_id,
            on_room=self.deliveries.wake,
            pause_s=0.0,
        )
        self.deliveries.add_way(
            SmppWay(self.server.binds, has_webhook=lambda app, kind: (app, kind) in limits.webhooks)
        )
        self.port = 0
        self.peers: list[Peer] = []

    async def cancel(self, app: str, message_id: str) -> Message:
        message = await self.store.message(message_id)
        if message is None or not move(message, Status.CANCELLED, Event(time.time(), Status.CANCELLED)):
            raise Refusal("not_cancellable")
        self.commits.update(message)
        await self.commits.drain()
        return message

    async def connect(self) -> Peer:
        peer = await Peer.connect("127.0.0.1", self.port)
        self.peers.append(peer)
        return peer

    async def bound(self, request: BindRequest | None = None) -> Peer:
        """An app's peer, bound; the bank's, as transceiver, unless told otherwise."""
        peer = await self.connect()
        await peer.bind(request or bind())
        return peer

    async def tell(self, message: Message, status: Status = Status.DELIVERED, **segment: Any) -> Delivery:
        """What the road back does when a message has come to a status its app wants to know."""
        message.segments = (Segment(1, status, "telcel", "telcel-1", "abc", **segment),)
        message.status = status
        message.updated_at = time.time()
        self.commits.update(message)
        delivery = Delivery(
            id=new_id(),
            app=message.app,
            kind="receipt",
            subject=message.id,
            status=status,
            url=message.callback,
            created_at=message.updated_at,
        )
        self.commits.deliver(delivery)
        await self.commits.drain()
        self.deliveries.offer(Parcel(delivery, message, None))
        return delivery

    async def tell_inbound(self, inbound: Inbound) -> Delivery:
        delivery = Delivery(
            id=new_id(), app=inbound.app, kind="inbound", subject=inbound.id, created_at=inbound.received_at
        )
        self.commits.inbound(inbound)
        self.commits.deliver(delivery)
        await self.commits.drain()
        self.deliveries.offer(Parcel(delivery, None, inbound))
        return delivery

    async def waiting(self, app: str = "bank") -> int:
        """Deliveries of an app that are on disk, waiting."""
        await self.commits.drain()
        return (await self.store.deliveries_waiting()).get(app, (0, 0.0))[0]

    def value(self, name: str, **labels: str) -> float:
        """A metric's value now."""
        family = getattr(self.metrics, name)
        return family(*(labels[label] for label in family.labels)).n


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until it is so."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - another party's doing is awaited, no event of ours tells of it
            await asyncio.sleep(0.001)


def bind(kind: type = BindTransceiver, **fields: Any) -> Any:
    return kind(**{"system_id": "bank1", "password": "s3cret", **fields})


@asynccontextmanager
async def running(apps: dict[str, App] | None = None, **limits: Any) -> AsyncIterator[Rig]:
    rig = Rig(apps or {"bank": BANK, "shop": SHOP}, Limits(**limits))
    await rig.store.open()
    writer = asyncio.create_task(rig.commits.run())
    _, rig.port = await rig.server.start("127.0.0.1", 0)
    try:
        yield rig
    finally:
        for peer in rig.peers:
            await peer.close()
        await rig.server.stop(1.0)
        await rig.deliveries.stop()
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)
        await rig.store.close()
