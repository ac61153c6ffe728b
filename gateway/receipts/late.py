"""Receipts whose message is not in memory: it is read from the store, a slice of receipts at a time."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

import structlog

from gateway.awaited import Waiting
from gateway.errors import StoreError
from gateway.message import Message
from gateway.receipts.objects import Objects
from gateway.receipts.source import Answer, Source, receipt_ids
from gateway.smpp.receipt import Receipt
from gateway.store.commits import Commits
from gateway.store.store import Awaiting, Store

log = structlog.get_logger()

AT_ONCE = 500

Spilled = dict[tuple[str, str], Awaiting]  # by carrier and key


class Late(NamedTuple):
    """A receipt whose message is not in memory. `otherwise`: what it is if nobody knows the id."""

    source: Source
    receipt: Receipt
    answer: Answer
    otherwise: Callable[[], None] | None


class Hit(NamedTuple):
    """Where a late receipt leads; `spilled`: its id had left memory."""

    key: str
    waiting: Waiting
    spilled: bool


class LateReceipts:
    """Looks up what late receipts speak of; one task, while there are any."""

    def __init__(
        self,
        store: Store,
        commits: Commits,
        objects: Objects,
        *,
        found: Callable[[Late, Hit, Message], None],
        nobodys: Callable[[Late], None],
    ) -> None:
        """`found(late, hit, message)` and `nobodys(late)` take each receipt, and see to its answer."""
        self._store = store
        self._commits = commits
        self._objects = objects
        self._found = found
        self._nobodys = nobodys
        self._waiting: list[Late] = []
        self._task: asyncio.Task[None] | None = None

    def add(self, late: Late) -> None:
        """One more to look up."""
        self._waiting.append(late)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look_up())

    async def _look_up(self) -> None:
        while self._waiting:
            slice_, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            with self._objects.reading():
                await self._look_up_slice(slice_)

    async def _look_up_slice(self, slice_: list[Late]) -> None:
        try:
            await self._commits.drain(bulk=False)  # what is read below must hold all that was said before
            spilled = await self._spilled(slice_)
            messages = await self._messages(slice_, spilled)
        except StoreError as error:
            log.warning("receipts_not_read", count=len(slice_), reason=str(error))
            for late in slice_:
                late.answer(False)
            return
        for late in slice_:
            self._settle(late, spilled, messages)

    async def _spilled(self, slice_: list[Late]) -> Spilled:
        """What the store has under the ids that these receipts may mean."""
        found: Spilled = {}
        for carrier in {late.source.carrier for late in slice_}:
            keys = {key for late in slice_ if late.source.carrier == carrier for key in _keys(late)}
            for row in await self._store.awaited(carrier, sorted(keys)):
                found[carrier, row.carrier_message_id] = row
        return found

    async def _messages(self, slice_: list[Late], spilled: Spilled) -> dict[str, Message]:
        """The messages these receipts may speak of."""
        wanted = {row.message_id for row in spilled.values()}
        for late in slice_:
            found = map(late.source.correlation.find, _keys(late))
            wanted |= {waiting.message_id for waiting in found if waiting is not None and waiting.message is None}
        known = self._objects.known(wanted)
        return {message.id: message for message in await self._store.messages(sorted(wanted - known))}

    def _settle(self, late: Late, spilled: Spilled, messages: dict[str, Message]) -> None:
        try:
            hit = _find(late, spilled)  # only now: a response may have come meanwhile
            message = None if hit is None else self._message(hit, messages)
            if hit is None or message is None:
                self._nobodys(late)
            else:
                self._found(late, hit, message)
        except Exception:  # whatever it is, the receipts behind this one must be settled
            log.exception("receipt_not_settled", carrier=late.source.carrier, bind=late.source.bind)
            late.answer(False)

    def _message(self, hit: Hit, messages: dict[str, Message]) -> Message | None:
        waiting = hit.waiting
        if waiting.message is not None:
            return waiting.message
        known = self._objects.get(waiting.message_id)
        if known is not None:
            return known
        read = messages.get(waiting.message_id)
        return None if read is None else self._objects.one(read)


def _keys(late: Late) -> list[str]:
    return [match.key for match in late.source.ids.candidates(receipt_ids(late.receipt))]


def _find(late: Late, spilled: Spilled) -> Hit | None:
    """Where a late receipt leads: to an id in memory, or to a spilled one."""
    correlation, carrier = late.source.correlation, late.source.carrier

    def known(key: str) -> bool:
        return (carrier, key) in spilled or correlation.find(key) is not None

    match = late.source.ids.match(receipt_ids(late.receipt), known)
    if match is None:
        return None
    waiting = correlation.find(match.key)
    if waiting is not None:
        return Hit(match.key, waiting, False)
    row = spilled[carrier, match.key]
    return Hit(match.key, Waiting(row.message_id, row.segment, None, 0.0), True)
