"""Messages and their company for the tests of the store: n counts seconds, so greater n is later and sorts behind."""

import asyncio
from typing import Any

from gateway.errors import StoreError
from gateway.message import Content, Delivery, Event, Inbound, Message, Segment, Status
from gateway.store.ids import first_id
from gateway.store.sqlite import SqliteStore
from gateway.store.store import Awaiting, Changes, InboundPart, ParkedReceipt, Unwritable

BASE = 1_700_000_000.0


def an_id(n: float) -> str:
    """The id of what was made n seconds after BASE."""
    return first_id(BASE + n)


def a_message(n: float, **fields: Any) -> Message:
    """An accepted message of carrier telcel's bulk lane, or what `fields` says."""
    at = BASE + n
    plain: dict[str, Any] = {
        "id": an_id(n),
        "app": "bank",
        "lane": "bulk",
        "interface": "http",
        "to": "5215512345678",
        "sender": "45555",
        "network": "telcel",
        "content": Content(text="hola, ¿qué tal?"),
        "created_at": at,
        "expires_at": at + 300.0,
        "updated_at": at,
        "carriers": ("telcel", "movistar"),
        "carrier": "telcel",
        "segments": (Segment(1, Status.ACCEPTED, "telcel"),),
        "events": (Event(at, Status.ACCEPTED),),
    }
    return Message(**{**plain, **fields})


def submitted(message: Message) -> Message:
    """The same object, taken by its carrier."""
    message.status = Status.SUBMITTED
    message.segments[0].status = Status.SUBMITTED
    message.segments[0].carrier_message_id = "a1b2"
    message.events += (Event(message.created_at + 1, Status.SUBMITTED, "telcel", "telcel-1", 0, "a1b2", "", 1),)
    return message


def a_delivery(n: float, **fields: Any) -> Delivery:
    """A receipt of a bulk message to make, or what `fields` says; an inbound one is urgent, as they all are."""
    plain: dict[str, Any] = {"id": an_id(n), "app": "bank", "kind": "receipt", "subject": an_id(0)}
    plain["urgent"] = fields.get("kind") == "inbound"
    return Delivery(**{**plain, "created_at": BASE + n, "status": Status.DELIVERED, **fields})


def an_inbound(n: float, **fields: Any) -> Inbound:
    """A message from a subscriber."""
    plain: dict[str, Any] = {"id": an_id(n), "app": "bank", "carrier": "telcel", "to": "45555"}
    return Inbound(**{**plain, "sender": "5215512345678", "text": "BAJA", "received_at": BASE + n, **fields})


def a_part(n: float, number: int = 1) -> InboundPart:
    """A part of two."""
    return InboundPart(
        id=an_id(n),
        carrier="telcel",
        sender="5215512345678",
        to="45555",
        reference=7,
        bits=8,
        total=2,
        number=number,
        data_coding=0,
        locking=0,
        single=0,
        data=b"\x00\xff",
        received_at=BASE + n,
    )


def awaiting(n: float, carrier_message_id: str = "a1b2") -> Awaiting:
    """A segment that waits on disk."""
    return Awaiting("telcel", carrier_message_id, an_id(n), 1)


def parked(n: float, carrier_message_id: str = "a1b2") -> ParkedReceipt:
    """A receipt that nobody knew."""
    return ParkedReceipt("telcel", carrier_message_id, BASE + n, int(Status.DELIVERED), "000", "DELIVRD")


async def pragma(store: SqliteStore, text: str) -> Any:
    """What a PRAGMA answers on the writer's connection: how tests make a file full or read-only."""
    row = await store._writer.run(lambda connection: connection.execute(f"PRAGMA {text}").fetchone())
    return row[0] if row else None


class SlowStore:
    """The part of a store that writes, under a test's hand: a commit ends when told, and as told."""

    def __init__(self) -> None:
        self.begun: list[Changes] = []
        self.kept: list[Changes] = []
        self._ends: list[asyncio.Future[None]] = []
        self.held = True
        """Whether a commit waits for `end`; else it ends at once."""
        self.error: StoreError | None = None
        """What commits that are not held end with."""
        self.refuses: set[str] = set()
        """Ids of messages, accepted or updated, that can never be written."""

    async def commit(self, changes: Changes) -> None:
        self.begun.append(changes)
        if self.held:
            end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._ends.append(end)
            await end
        else:
            await asyncio.sleep(0)
            if self.error:
                raise self.error
        bad = self.refuses & {*(message.id for message in changes.accepted), *changes.updated}
        if bad:
            raise Unwritable(f"{len(bad)} bad")
        self.kept.append(changes)

    def end(self, error: StoreError | None = None) -> None:
        """End the commit that has waited longest."""
        end = self._ends.pop(0)
        if error is None:
            end.set_result(None)
        else:
            end.set_exception(error)

    @property
    def busy(self) -> bool:
        """Whether a commit is under way."""
        return bool(self._ends)


async def turns(count: int = 5) -> None:
    """Let the loop turn: whatever is ready runs, no time passes."""
    for _ in range(count):
        await asyncio.sleep(0)
