"""The apps of a soak: one over SMPP, one over HTTP with its webhook. They write what they are told into the ledger."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from gateway.connection import Connection
from gateway.message import Status
from gateway.smpp.events import Answered, Event, Received, TimedOut
from gateway.smpp.pdu import DeliverSm, DeliverSmResp, SubmitSm
from gateway.smpp.receipt import Kind, classify, read
from gateway.smpp.spec import MessageState, Tag
from tests.journeys.parties import Hook, SmppApp
from tests.soak.ledger import Answer, Ledger
from tests.soak.traffic import number_of, recipient
from tests.support.gateway import GatewayProcess

SENDER = "45555"
OPEN = 2_000
"""So many messages may wait in the gateway; more, and the apps pause: what is measured is its way, not its queue."""
_SHORT = 160

_ENDS = {
    MessageState.DELIVERED: Status.DELIVERED,
    MessageState.UNDELIVERABLE: Status.UNDELIVERED,
    MessageState.EXPIRED: Status.EXPIRED,
    MessageState.UNKNOWN: Status.UNKNOWN,
    MessageState.REJECTED: Status.REJECTED,
}


class Supply:
    """The numbers of the messages that are still to be submitted, by way."""

    def __init__(self, ledger: Ledger) -> None:
        traffic = ledger.traffic
        self._ledger = ledger
        self._smpp = (number for number in range(traffic.count) if not traffic.over_http(number))
        self._http = (number for number in range(traffic.count) if traffic.over_http(number))

    def smpp(self) -> Iterator[int]:
        """The next ones over SMPP, as long as the gateway has few waiting."""
        ledger = self._ledger
        while ledger.answered - ledger.reached < OPEN:
            number = next(self._smpp, None)
            if number is None:
                return
            yield number

    def http(self) -> int | None:
        """The next one over HTTP; None when there is no more."""
        return next(self._http, None)

    @property
    def held_back(self) -> bool:
        """Whether the gateway has enough waiting."""
        return self._ledger.answered - self._ledger.reached >= OPEN


class Bank(SmppApp):
    """The app over SMPP: `window` submits unanswered, one more for each answer."""

    def __init__(self, ledger: Ledger, supply: Supply, window: int) -> None:
        super().__init__()
        self.said: Counter[str] = Counter()
        """Inbound messages, by their words."""
        self._ledger = ledger
        self._supply = supply
        self._window = window

    def fill(self) -> None:
        """Submit what the window has room for."""
        session, now = self.session, time.monotonic()
        room = self._window - session.unanswered
        if room <= 0 or not session.bound or self._connection is None or not self._connection.writable:
            return
        for number in self._supply.smpp():
            session.request(self._pdu(number), now, number)
            room -= 1
            if not room:
                break
        self._connection.flush_soon()

    def _pdu(self, number: int) -> SubmitSm:
        traffic = self._ledger.traffic
        text = traffic.text(number).encode()
        pdu = SubmitSm(
            source_addr=SENDER, source_addr_ton=3, destination_addr=recipient(number), dest_addr_ton=1,
            dest_addr_npi=1, registered_delivery=1, priority_flag=int(traffic.fast(number)),
        )  # fmt: skip
        if len(text) <= _SHORT:
            return pdu._replace(short_message=text)
        return pdu._replace(tlvs=((int(Tag.MESSAGE_PAYLOAD), text),))

    def on_events(self, connection: Connection, events: list[Event]) -> None:
        """Its own first, the rest as any app's."""
        others: list[Event] = []
        for event in events:
            if type(event) is Answered and isinstance(event.context, int):
                answer = Answer.NO if event.command_status else Answer.YES
                self._ledger.answer(event.context, answer, getattr(event.pdu, "message_id", ""))
            elif type(event) is TimedOut and isinstance(event.context, int):
                self._ledger.answer(event.context, Answer.DOUBT)
            elif type(event) is Received and type(event.pdu) is DeliverSm:
                self._hear(event.pdu)
                self.session.respond(event.sequence_number, DeliverSmResp())
            else:
                others.append(event)
        if others:
            super().on_events(connection, others)
        self.fill()

    def _hear(self, pdu: DeliverSm) -> None:
        if classify(pdu) is Kind.MO:
            self.said[pdu.short_message.decode()] += 1
            return
        receipt = read(pdu)
        status = _ENDS.get(receipt.state) if receipt.state is not None else None
        if status is None:
            self._ledger.strange["receipt that ends nothing"] += 1
        else:
            self._ledger.tell(number_of(pdu.source_addr), receipt.message_id, status)


class Shop(Hook):
    """The app over HTTP, and its webhook."""

    def __init__(self, ledger: Ledger, supply: Supply) -> None:
        super().__init__()
        self.said: Counter[str] = Counter()
        """Inbound messages, by their words."""
        self._ledger = ledger
        self._supply = supply

    def take(self, event: dict[str, Any]) -> None:
        """An event was posted."""
        data, kind = event["data"], event["type"].removeprefix("message.")
        if kind == "inbound":
            self.said[data["text"]] += 1
        else:
            self._ledger.tell(number_of(data["to"]), data["id"], Status[kind.upper()])

    async def submit(self, gateway: GatewayProcess) -> None:
        """One POST after the other, until there is no more; to be run several times at once."""
        ledger = self._ledger
        while True:
            while self._supply.held_back:  # noqa: ASYNC110 (what ends it is a count, at each message)
                await asyncio.sleep(0.01)
            number = self._supply.http()
            if number is None:
                return
            body = {"to": "+" + recipient(number), "from": SENDER, "text": ledger.traffic.text(number)}
            if ledger.traffic.fast(number):
                body["lane"] = "fast"
            status, answer = await gateway.post(body)
            if status == 202:
                ledger.answer(number, Answer.YES, answer["id"])
            else:
                ledger.strange[f"POST answered {status}"] += 1
                ledger.answer(number, Answer.NO)
