"""What the demo's two apps know: every text they sent, what the gateway answered, what came back, and where it went.

The gateway's word is never taken for it: arrivals are the simulated SMSCs' own records, receipts what the apps got.
"""

from dataclasses import dataclass, field

from gateway.cli.demo.arrivals import Arrival
from gateway.cli.demo.people import Person


@dataclass(slots=True, eq=False)
class Letter:
    """One text to one person. `submits` is how many messages it is to the gateway (a text cut by the app is several).

    Times are epoch seconds. `ids` are by the submit's place, from 1; `receipts` holds every final status heard, by id.
    """

    app: str
    lane: str
    sender: str
    person: Person
    text: str
    submits: int = 1
    sent_at: float = 0.0
    ids: dict[int, str] = field(default_factory=dict)
    refused: str = ""
    receipts: dict[str, list[str]] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def accepted(self) -> bool:
        """Whether the gateway took all of it."""
        return len(self.ids) == self.submits

    @property
    def settled(self) -> bool:
        """Whether nothing more is to come: refused, or there with a final status for each id."""
        return bool(self.refused) or (self.accepted and bool(self.arrivals) and len(self.receipts) == self.submits)

    @property
    def status(self) -> str:
        """The final status of the whole, "" before there is one: delivered when every part is."""
        heard = [status for statuses in self.receipts.values() for status in statuses]
        if len(self.receipts) < self.submits:
            return ""
        return next((status for status in heard if status != "delivered"), "delivered")

    @property
    def delay_s(self) -> float | None:
        """From the app's sending to the carrier's having all of it."""
        return self.arrivals[0].at - self.sent_at if self.arrivals and self.sent_at else None


class Ledger:
    """Every letter, and whatever came that belongs to none."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self._closed = False
        self.strangers: list[Arrival] = []
        self.stray_receipts: dict[str, list[str]] = {}
        self._by_id: dict[str, Letter] = {}
        self._expected: dict[tuple[str, str, str], list[Letter]] = {}

    def write(self, letter: Letter) -> Letter:
        """A letter is about to be sent."""
        self.letters.append(letter)
        self._expected.setdefault((letter.person.number[-10:], letter.sender, letter.text), []).append(letter)
        return letter

    def close(self) -> None:
        """Enter nothing more: what comes now is not part of the account."""
        self._closed = True

    def accepted(self, letter: Letter, message_id: str, part: int = 1) -> None:
        """The gateway took (a part of) it under this id. A receipt may have been faster than the answer."""
        if self._closed:
            return
        letter.ids[part] = message_id
        self._by_id[message_id] = letter
        early = self.stray_receipts.pop(message_id, None)
        if early:
            letter.receipts[message_id] = early

    def refused(self, letter: Letter, code: str) -> None:
        """The gateway said no, and why."""
        letter.refused = code

    def receipt(self, message_id: str, status: str) -> None:
        """An app was told how a message ended."""
        if self._closed:
            return
        letter = self._by_id.get(message_id)
        book = self.stray_receipts if letter is None else letter.receipts
        book.setdefault(message_id, []).append(status)

    def arrived(self, arrival: Arrival) -> None:
        """A carrier has all of a text. A letter that misses it gets it; a second copy goes to one that has it."""
        letters = self._expected.get((arrival.number, arrival.sender, arrival.text))
        if not letters:
            self.strangers.append(arrival)
            return
        next((letter for letter in letters if not letter.arrivals), letters[0]).arrivals.append(arrival)

    @property
    def messages(self) -> int:
        """How many messages the gateway took, as it counts them."""
        return sum(len(letter.ids) for letter in self.letters)

    @property
    def messages_and_replies(self) -> int:
        """The same with those that the gateway wrote itself, of which no app gets a receipt."""
        return self.messages + sum(letter.submits == 0 for letter in self.letters)

    def of_lane(self, lane: str) -> list[Letter]:
        """The letters of one lane."""
        return [letter for letter in self.letters if letter.lane == lane]
