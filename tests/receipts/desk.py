"""The road back over one carrier, and the receipts that come by it."""

from collections import Counter
from typing import Any

from gateway.carriers.message_ids import MessageIds
from gateway.correlation import Correlation
from gateway.message import Content, Event, Message, Segment, Status
from gateway.moves import move_segment
from gateway.receipts import Receipts, Source
from gateway.smpp.pdu import DeliverSm
from gateway.smpp.receipt import Receipt, read
from gateway.smpp.spec import Tag
from gateway.store.store import Awaiting
from tests.support.roads import Ground

S = Status


class Desk(Ground):
    """The road over one carrier, telcel, with two binds; `again` opens the road anew, as after a restart."""

    def __init__(self, **correlation: Any) -> None:
        super().__init__()
        self.counted: Counter[tuple[str, ...]] = Counter()
        self.finals: list[tuple[str, Status, float]] = []
        self.live: dict[str, Message] = {}
        self.ids = MessageIds("same")
        self.receipt_parts = "all"
        self.limits = correlation
        self.start()

    def start(self) -> None:
        self.correlation = Correlation("telcel", self._spill, **self.limits)
        self.sources = [Source("telcel", f"telcel-{n}", self.correlation, self.ids, self.receipt_parts) for n in (1, 2)]
        self.receipts = Receipts(
            self.store,
            self.commits,
            utc=self.clock.utc,
            new_id=self.new_id,
            offer=self.offered.append,
            live=self.live.get,
            held=self._held,
            on_receipt=lambda carrier, state: self.counted.update([("receipt", carrier, state)]),
            on_unmatched=lambda carrier: self.counted.update([("unmatched", carrier)]),
            on_final=lambda message, at: self.finals.append((message.id, message.status, at)),
        )

    def _spill(self, rows: list[Awaiting]) -> None:
        for row in rows:
            self.commits.await_receipt(row)

    def _held(self, read_: Message) -> Message | None:
        for segment in read_.segments:
            waiting = self.correlation.find(self.ids.key(segment.carrier_message_id))
            if waiting is not None and waiting.message is not None and waiting.message.id == read_.id:
                return waiting.message
        return None

    async def accepted(self, parts: int = 1, **fields: Any) -> Message:
        """A message on disk, with a segment for each part."""
        now = self.clock.utc()
        message = Message(
            id=self.new_id(), app="bank", lane="fast", interface="http", to="525512345678", sender="45555",
            network="telcel", content=Content("hola", parts=parts), created_at=now, expires_at=now + 300,
            carrier="telcel", segments=tuple(Segment(number) for number in range(1, parts + 1)),
            **fields,
        )  # fmt: skip
        self.commits.accept(message, lambda *_: None, urgent=True)
        await self.settled()
        return message

    def respond(self, message: Message, carrier_message_id: str, number: int = 1) -> None:
        """The carrier takes a segment, as `Outcomes` has it."""
        segment = message.segments[number - 1]
        segment.carrier, segment.carrier_message_id = "telcel", carrier_message_id
        now = self.clock.utc()
        before = message.status
        event = Event(now, S.SUBMITTED, "telcel", "telcel-1", 0, carrier_message_id, "", number)
        move_segment(message, segment, S.SUBMITTED, event)
        self.commits.update(message)
        if message.status is not before and message.receipt == "all":
            self.receipts.tell(message)
        key = self.ids.key(carrier_message_id)
        self.correlation.add(key, message, number, now)
        self.receipts.answered(self.sources[0], (key,), message, number)

    async def submitted(self, *ids: str, **fields: Any) -> Message:
        message = await self.accepted(len(ids), **fields)
        for number, carrier_message_id in enumerate(ids, 1):
            self.respond(message, carrier_message_id, number)
        await self.settled()
        return message

    async def receive(self, carrier_message_id: str, stat: str = "DELIVRD", bind: int = 0, err: str = "000") -> None:
        self.receipts.receive(self.sources[bind], text(carrier_message_id, stat, err), self.answer)
        await self.settled()

    async def stored(self, message: Message) -> Message:
        found = await self.store.message(message.id)
        assert found is not None
        return found

    @property
    def told(self) -> list[Status]:
        """The statuses of the receipts offered to the app."""
        return [parcel.delivery.status for parcel in self.offered]


def text(carrier_message_id: str, stat: str = "DELIVRD", err: str = "000", esm_class: int = 4) -> Receipt:
    body = (
        f"id:{carrier_message_id} sub:001 dlvrd:001 submit date:2311142213 done date:2311142213 stat:{stat} err:{err}"
    )
    return read(DeliverSm(esm_class=esm_class, short_message=body.encode()))


def tlvs(carrier_message_id: str, state: int) -> tuple[tuple[int, bytes], ...]:
    name = carrier_message_id.encode() + b"\0"
    return ((Tag.RECEIPTED_MESSAGE_ID, name), (Tag.MESSAGE_STATE, bytes((state,))))
