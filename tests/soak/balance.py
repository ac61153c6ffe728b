"""The end of a soak: the ledger's two sides against the gateway's own books, message by message."""

from collections import Counter
from collections.abc import Iterable

from gateway.message import FINAL, Message, Status
from tests.soak.ledger import ENDS, Answer, Ledger
from tests.soak.traffic import number_of

MOST_NAMED = 5


class Balance:
    """What was found. `faults`: what is wrong, by kind, how often; `named`: the first ids of each."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.faults: Counter[str] = Counter(ledger.strange)
        self.named: dict[str, list[str]] = {}
        self.gateway: Counter[Status] = Counter()
        self.told: Counter[Status] = Counter()
        self.carrier: Counter[Status] = Counter()
        self.given_up = 0
        """Messages that ended as unknown because nobody answered in time."""
        self.undecided = 0
        """Messages with copies that ended differently: the carrier's books allow more than one end."""

    def add(self, messages: Iterable[Message]) -> None:
        """Look at all messages of the gateway's store; to be called once."""
        seen = bytearray(self.ledger.traffic.count)
        for message in messages:
            number = number_of(message.to)
            if not 0 <= number < len(seen):
                self._wrong("message that no app wrote", message)
            elif seen[number]:
                self._wrong("accepted more than once", message)
            else:
                seen[number] = 1
                self._compare(message, number)
        answers = self.ledger.answers
        for number in range(len(seen)):
            if not seen[number] and answers[number] == Answer.YES:
                self._wrong("answered yes, and not in the gateway's books", str(number))
            elif not answers[number]:
                self._wrong("never answered", str(number))

    def bound(self, what: str, found: float, at_most: float) -> None:
        """Something must not be more than it may be."""
        if found > at_most:
            self.faults[f"{what}: {found:g}, at most {at_most:g} allowed"] += 1

    def _compare(self, message: Message, number: int) -> None:
        ledger, status = self.ledger, message.status
        self.gateway[status] += 1
        if ledger.answers[number] != Answer.YES:
            self._wrong(f"accepted, and its app was told {Answer(ledger.answers[number]).name}", message)
        if status not in FINAL:
            self._wrong("not final", message)
            return
        if not _ended_once(message):
            self._wrong("a segment ended twice", message)
        self._compare_told(message, number)
        possible = ledger.possible(number)
        if len(possible) == 1:
            self.carrier[next(iter(possible))] += 1
        else:
            self.undecided += 1
        if status is Status.UNKNOWN and message.error_detail.endswith("may have been sent."):
            self.given_up += 1  # nobody answered within its ttl: any end is true
        elif status not in possible:
            could = " or ".join(sorted(each.word for each in possible))
            self._wrong(f"{status.word} by the gateway, {could} by the carrier", message)

    def _compare_told(self, message: Message, number: int) -> None:
        ledger = self.ledger
        if ledger.told[number]:
            self.told[Status(ledger.told_as[number])] += 1
        if ledger.told[number] != 1:
            self._wrong(f"its app was told {'more than once' if ledger.told[number] else 'nothing'}", message)
        elif ledger.told_as[number] != message.status:
            self._wrong("its app was told another end", message)

    def _wrong(self, kind: str, what: Message | str) -> None:
        self.faults[kind] += 1
        named = self.named.setdefault(kind, [])
        if len(named) < MOST_NAMED:
            named.append(what if isinstance(what, str) else what.id)

    def rows(self) -> list[tuple[str, int, int, int]]:
        """By status: by the app's books, the gateway's, the carrier's."""
        return [(each.word, self.told[each], self.gateway[each], self.carrier[each]) for each in ENDS]


def _ended_once(message: Message) -> bool:
    """Whether no segment came to an end, and then to another: UNKNOWN may be bettered."""
    ends = Counter(event.segment for event in message.events if event.status in FINAL - {Status.UNKNOWN})
    return all(count == 1 for count in ends.values())
