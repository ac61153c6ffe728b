"""The roads and the carriers, joined: all of the gateway but its listeners.

What stands beside something is not known to it; roads get callables and small protocols, and here is where they meet.
"""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

import structlog
import uuid_utils

from gateway.batches import Batches, Lookups, Watching
from gateway.carriers.arrivals import Arrivals
from gateway.carriers.building import Around
from gateway.carriers.carrier import Carrier
from gateway.carriers.dispatch import Dispatch
from gateway.carriers.feed import WATERMARK, Feed
from gateway.carriers.fleet import Fleet
from gateway.clock import Clock, steady
from gateway.config.schema import Config
from gateway.conversations import Conversations
from gateway.deliveries import Deliveries, Outcome, Parcel
from gateway.errors import StoreError
from gateway.happenings import Happenings
from gateway.inbound import InboundRoad
from gateway.intake import Intake
from gateway.message import Delivery, Message, Status
from gateway.metrics import Metrics
from gateway.numbering import build_resolver
from gateway.optouts import OptOutList
from gateway.plans import tell_plans
from gateway.receipts import Receipts
from gateway.replies import Replies
from gateway.rules import MAX_PARTS, build_inbound_rules, build_rules
from gateway.second_look import SecondLook
from gateway.store.commits import Commits
from gateway.store.store import Store
from gateway.text.data_coding import Alphabet
from gateway.text.references import References
from gateway.upkeep import LEARNT, Upkeep
from portability.answer import Answer
from portability.source import NeedsAsking

log = structlog.get_logger()

GATHER_S = 0.007
"""How long bulk waits for company before a commit: at 1,000 messages a second 5 ms halved commits and socket writes,
and with them the CPU of a message, against 2 ms; 7 ms take another tenth. OTPs wait for none, nor do a COMPANY."""
PARKED_FOR_S = 3_600.0
_WORDS: Final = {status: status.word for status in Status}
_UNDELIVERED: Final = Status.UNDELIVERED
_uuid7: Final = uuid_utils.uuid7
_ANSWERED_FOR: Final = frozenset({Status.DELIVERED, Status.UNDELIVERED})
"""What a receipt has said of a message: how long that took is counted."""


def new_id() -> str:
    """A new id: UUIDv7 (RFC 9562), growing within this process."""
    return str(_uuid7())


class Core:
    """The gateway without its listeners. Build it, `start` it, put work into `intake`, `drain` it, `close` it."""

    def __init__(
        self,
        config: Config,
        store: Store,
        metrics: Metrics,
        clock: Clock,
        *,
        retry_after_s: Callable[[Parcel], float | None],
        on_fault: Callable[[], None],
    ) -> None:
        """`retry_after_s`: see Deliveries; `on_fault()`: a task of the core has died, the process had better end."""
        self._on_fault = on_fault
        self.config = config
        self.store = store
        self.metrics = metrics
        self.clock = clock
        self.happenings = Happenings(clock.utc)
        self.commits = Commits(store, gather_s=GATHER_S, on_commit=self._on_commit, on_error=self._on_error)
        self._commit_s = metrics.store_commit_seconds()
        self._receipts_counted = metrics.receipts
        self._final_counted = metrics.final
        self._receipt_delay_s = metrics.receipt_delay_seconds
        self._retry_after_s = retry_after_s
        self.resolver = build_resolver(config, clock.monotonic, clock.utc, self._on_asked)
        tell_plans(config, self.resolver)
        self.opt_outs = OptOutList(self.commits, clock.utc)
        self.conversations = Conversations()
        self.carriers: dict[str, Carrier] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._writing: asyncio.Task[None] | None = None
        self._taken_up = False
        self._join()

    def _join(self) -> None:
        """Make the roads and hang them together."""
        clock, commits, store = self.clock, self.commits, self.store
        self.deliveries = Deliveries(
            store,
            commits,
            list(self.config.apps),
            utc=steady(clock),
            retry_after_s=self._retry_after_s,
            on_outcome=self._on_outcome,
        )
        self.receipts = Receipts(
            store,
            commits,
            utc=clock.utc,
            new_id=new_id,
            offer=self.deliveries.offer,
            live=self._live,
            held=self._held,
            on_receipt=self._on_receipt,
            on_unmatched=self._on_unmatched,
            on_final=self._on_final,
            happenings=self.happenings,
        )
        self.dispatch = Dispatch(
            self.carriers,
            store,
            commits,
            utc=clock.utc,
            tell=self.receipts.tell,
            choose_anew=self._choose_anew,
        )
        self.intake = Intake(
            build_rules(self.config),
            self.resolver,
            commits,
            self.opt_outs,
            up=self.dispatch.up,
            hand_down=self._hand_down,
            utc=clock.utc,
            monotonic=clock.monotonic,
            random=random.random,
            new_id=new_id,
        )
        self.second_look = SecondLook(
            self.resolver, commits, choose=self.intake.choose_again, on_wrong=self._on_wrong_network, utc=clock.utc
        )
        self.inbound = InboundRoad(
            build_inbound_rules(self.config),
            commits,
            self.opt_outs,
            utc=clock.utc,
            new_id=new_id,
            offer=self.deliveries.offer,
            reply=Replies(self.intake, self._on_reply),
            network_of=self._network_of,
            last_sent=self.conversations.last,
            alphabet_of=self.alphabet_of,
            on_inbound=self._on_inbound,
            happenings=self.happenings,
        )
        self.feed = Feed(
            store,
            commits,
            self.dispatch.live,
            self.dispatch,
            utc=clock.utc,
            hand_down=self._hand_down,
            cover=self._cover,
        )
        self.dispatch.overflow = self.feed
        self.lookups = Lookups(store, commits, clock.utc)
        self.batches = Batches(
            store,
            commits,
            self.intake,
            self.lookups,
            self.dispatch,
            RowCounts(self.metrics),
            wake=self.feed.tick,
            utc=clock.utc,
            new_id=new_id,
        )
        commits.watch = Watching(self.lookups.accepted, self.batches.moved)
        self.upkeep = Upkeep(self)
        self.fleet = Fleet(self.carriers, self._around(), self.spawn, max_parts=MAX_PARTS)

    def _around(self) -> Around:
        """What all carriers share."""
        return Around(
            commits=self.commits,
            metrics=self.metrics,
            dispatcher=self.dispatch,
            roads=self.receipts,
            second_look=self.second_look,
            arrivals=Arrivals(self.receipts, self.inbound, self.alphabet_of),
            references=References(random.random),
            on_room=self.feed.wake,
            monotonic=self.clock.monotonic,
            utc=self.clock.utc,
            random=random.random,
            happenings=self.happenings,
        )

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Open the store, take up what is there, and bring up the binds. Raises StoreError."""
        await self.store.open()
        self._writing = self.spawn(self.commits.run())
        settings = await self.store.settings()
        learnt = {name.removeprefix(LEARNT): form for name, form in settings.items() if name.startswith(LEARNT)}
        self.fleet.build(self.config, learnt)
        last_id = await self.store.last_id()
        self.lookups.restore(settings, last_id)
        await self.batches.restore()
        await self._take_up(settings.get(WATERMARK, ""), last_id)
        self.fleet.run()
        self.spawn(self.upkeep.tick())
        self.spawn(self.upkeep.sweep())
        self.spawn(self.lookups.run())
        self.spawn(self.upkeep.look_after_batches())

    async def _take_up(self, since: str, last_id: str) -> None:
        """What an earlier run left: opt-outs, parts, receipts awaited and parked, messages waiting."""
        started = time.monotonic()
        self.opt_outs.restore(await self.store.opt_outs())
        self.inbound.restore(await self.store.parts())
        self.receipts.restore(await self.store.parked_since(self.clock.utc() - PARKED_FOR_S))
        after, awaited = "", 0
        while found := await self.store.unanswered(since, after, 1_000):
            for message in found:
                awaited += self._await_receipts(message)
            after = found[-1].id
        depths = await self.store.depths(since)
        self.feed.restore(depths, last_id)
        self._taken_up = True
        self.upkeep.write_watermark()  # what is accepted from now on may have smaller ids: the clock was set back
        log.info(
            "taken_up",
            waiting=sum(depth.messages for depth in depths),
            awaiting_receipts=awaited,
            seconds=round(time.monotonic() - started, 3),
        )
        self.feed.tick()
        self.deliveries.wake_all()

    def _await_receipts(self, message: Message) -> int:
        count = 0
        for segment in message.segments:
            carrier = self.carriers.get(segment.carrier)
            if segment.status is Status.SUBMITTED and segment.carrier_message_id and carrier is not None:
                key = carrier.ids.key(segment.carrier_message_id)
                carrier.correlation.restore(key, message.id, segment.number, self.clock.utc())
                count += 1
        return count

    async def drain(self, timeout_s: float) -> bool:
        """Send nothing more, wait for answers under way, unbind, commit; whether everything was answered in time."""
        self.fleet.send_no_more()
        deadline = self.clock.monotonic() + timeout_s
        # Answers come over many binds; to look at them all now and then costs nothing at a stop.
        while self.fleet.in_flight and self.clock.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        answered = not self.fleet.in_flight
        await self.fleet.stop()
        return answered

    async def close(self) -> None:
        """Make durable what was said, and let go of everything. After `drain`, or a start that failed on its way."""
        await self.batches.stop()
        await self.feed.stop()
        await self.deliveries.stop()
        await self.second_look.stop()
        if self._taken_up:  # else nothing is known of what waits, and the next start would pass it over
            self.upkeep.write_watermark()
        if self._writing is not None and not self._writing.done():
            await self._write_out()
        self.fleet.close()
        await self.resolver.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.store.close()

    async def _write_out(self) -> None:
        try:
            await self.commits.drain()
        except StoreError as error:
            log.error("not_durable_at_stop", reason=str(error), rows=self.commits.backlog)

    def _say_why(self, task: "asyncio.Task[None]") -> None:
        """A task that ends by itself is a fault: better a restart that takes up everything than half a gateway."""
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("task_died", task=task.get_name(), exc_info=task.exception())
            self._on_fault()

    def spawn(self, work: "asyncio._CoroutineLike[None]") -> "asyncio.Task[None]":
        """Run this until it ends or the core is closed; if it dies, the process had better end."""
        task = asyncio.get_running_loop().create_task(work, name=getattr(work, "__qualname__", "work"))
        self._tasks.add(task)
        task.add_done_callback(self._say_why)
        return task

    # -- small things the roads ask -----------------------------------------------------------------------------------

    def alphabet_of(self, carrier: str) -> Alphabet:
        """What data_coding 0 means at a carrier."""
        found = self.carriers.get(carrier)
        return found.settings.profile.alphabet if found is not None else Alphabet.GSM7

    def view(self, message: Message) -> Message:
        """A message as people see it: one that waits in a held batch is paused."""
        return message.seen_as(Status.PAUSED) if self.dispatch.held(message) else message

    def _cover(self) -> None:
        """Let the watermark cover what the feed has just released."""
        self.upkeep.write_watermark()

    def _live(self, message_id: str) -> Message | None:
        """A message on its way to a carrier."""
        outgoing = self.dispatch.live.get(message_id)
        return None if outgoing is None else outgoing.message

    def _held(self, read: Message) -> Message | None:
        """The object in memory of a message read from the store, where one of its segments awaits its receipt."""
        for segment in read.segments:
            carrier = self.carriers.get(segment.carrier)
            if carrier is None or not segment.carrier_message_id:
                continue
            waiting = carrier.correlation.find(carrier.ids.key(segment.carrier_message_id))
            if waiting is not None and waiting.message is not None and waiting.message.id == read.id:
                return waiting.message
        return None

    def _hand_down(self, message: Message) -> None:
        self.conversations.sent(message.sender, message.to, message.id)
        self.dispatch.hand_down(message)

    def _choose_anew(self, message: Message) -> tuple[str, ...]:
        """The carriers that present routes give a message, by what is known of its number without asking outside."""
        found = self.resolver.resolve_now(int(message.to)) if message.to.isdigit() else None
        if not isinstance(found, Answer) or not found.network:
            found = Answer(message.network, "when it was accepted")
        return self.intake.choose_again(message, found)

    def _network_of(self, number: str) -> str:
        """A subscriber's network as far as it is known without asking outside, "" otherwise."""
        if not (number.isascii() and number.isdigit()):
            return ""
        answer = self.resolver.resolve_now(int(number))
        return "" if isinstance(answer, NeedsAsking) else answer.network or ""

    # -- counting -----------------------------------------------------------------------------------------------------

    def _on_commit(self, seconds: float, rows: int) -> None:
        self._commit_s.observe(seconds)

    def _on_error(self, error: StoreError) -> None:
        self.metrics.store_errors().n += 1

    def _on_asked(self, source: str, seconds: float, _result: str) -> None:
        self.metrics.lookup_seconds(source).observe(seconds)

    def _on_wrong_network(self, network: str, carrier: str) -> None:
        self.metrics.wrong_network(network or "none", carrier).n += 1

    def _on_receipt(self, carrier: str, state: str) -> None:
        self._receipts_counted(carrier, state).n += 1

    def _on_unmatched(self, carrier: str) -> None:
        self.metrics.receipts_unmatched(carrier).n += 1

    def _on_reply(self, message: Message) -> None:
        self.metrics.accepted(message.app, message.lane, message.interface).n += 1

    def _on_inbound(self, carrier: str, app: str) -> None:
        self.metrics.inbound(carrier, app or "none").n += 1

    def _on_final(self, message: Message, submitted_at: float) -> None:
        carrier, status = message.carrier or "none", message.status
        self._final_counted(carrier, message.lane, _WORDS[status]).n += 1
        if status is _UNDELIVERED:
            self.resolver.forget(int(message.to))  # it may be that the number has moved, or is no more
        if status in _ANSWERED_FOR:
            self._receipt_delay_s(carrier).observe(message.updated_at - submitted_at)

    def _on_outcome(self, parcel: Parcel, outcome: Outcome) -> None:
        if self.happenings.heard:
            self._tell_delivery(parcel.delivery, outcome)
        if outcome is Outcome.DEAD:
            delivery = parcel.delivery
            self.metrics.deliveries_dead(delivery.app).n += 1
            log.warning("delivery_dead", app=delivery.app, delivery=delivery.id, why=delivery.detail)

    def _tell_delivery(self, delivery: Delivery, outcome: Outcome) -> None:
        self.happenings.tell(
            "delivery",
            app=delivery.app,
            delivery=delivery.id,
            kind=delivery.kind,
            subject=delivery.subject,
            outcome=outcome.name.lower(),
            attempts=delivery.attempts,
            detail=delivery.detail or None,
        )


class RowCounts:
    """Counts the rows of batches."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def accepted(self, message: Message) -> None:
        """A row is on disk."""
        self._metrics.accepted(message.app, message.lane, message.interface).n += 1

    def refused(self, app: str, code: str) -> None:
        """A row was refused."""
        self._metrics.refused(app, code).n += 1
