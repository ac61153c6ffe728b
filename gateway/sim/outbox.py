"""What a simulated SMSC has for one account: receipts and inbound messages, kept until one of its binds took them."""

from collections import deque
from collections.abc import Callable, Sequence

from gateway.sim.agenda import Agenda
from gateway.sim.stats import Stats
from gateway.sim.wire import Wire
from gateway.smpp.pdu import DataSm, DeliverSm
from gateway.smpp.session import Session
from gateway.smpp.status import CommandStatus

MOST_WAITING = 100_000
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
"""Between tries, doubling, after an app has said: later."""

# What makes an SMSC try again (ESME_RX_T_APPN by its own words, §5.1.3, the others in practice); anything else ends it.
_AGAIN = frozenset(
    int(status)
    for status in (
        CommandStatus.ESME_RX_T_APPN,
        CommandStatus.ESME_RSYSERR,
        CommandStatus.ESME_RMSGQFUL,
        CommandStatus.ESME_RTHROTTLED,
    )
)


class Link:
    """One connection of an ESME. `unanswered`: its submits that still wait for their response."""

    __slots__ = ("connection", "outbox", "session", "system_id", "unanswered")

    def __init__(self, connection: Wire) -> None:
        self.connection = connection
        self.session: Session = connection.session
        self.system_id = ""
        self.outbox: Outbox | None = None
        self.unanswered = 0


class Item:
    """One deliver_sm (or data_sm) on its way, the context of its request."""

    __slots__ = ("pdu", "tries")

    def __init__(self, pdu: DeliverSm | DataSm) -> None:
        self.pdu = pdu
        self.tries = 0


class Outbox:
    """The deliver_sm of one account, oldest first, spread over its receiving binds, `window` unanswered on each."""

    def __init__(self, window: int, agenda: Agenda, clock: Callable[[], float], stats: Stats) -> None:
        self._window = window
        self._agenda = agenda
        self._clock = clock
        self._stats = stats
        self._queue: deque[Item] = deque()
        self._links: deque[Link] = deque()

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def attended(self) -> bool:
        """Whether a bind is there to take anything."""
        return bool(self._links)

    def join(self, link: Link) -> None:
        """A receiving bind is there."""
        self._links.append(link)
        self.pump()

    def leave(self, link: Link) -> None:
        """It is gone."""
        if link in self._links:
            self._links.remove(link)

    def offer(self, pdu: DeliverSm | DataSm) -> None:
        """One more to deliver; the oldest is given up where too many wait."""
        self._queue.append(Item(pdu))
        if len(self._queue) > MOST_WAITING:
            self._queue.popleft()
            self._stats.dropped += 1
        self.pump()

    def answered(self, item: Item, command_status: int) -> None:
        """An app answered: it took it, wants it later, or never."""
        if command_status == CommandStatus.ESME_ROK:
            self._stats.delivered += 1
        elif command_status in _AGAIN:
            pause_s = min(FIRST_PAUSE_S * 2.0**item.tries, LONGEST_PAUSE_S)
            self._agenda.at(self._clock() + pause_s, self._again, item)
        else:
            self._stats.dropped += 1

    def unanswered(self, items: Sequence[Item]) -> None:
        """No answer came, or the bind went away before it: the next one gets them, oldest first."""
        for item in reversed(items):
            item.tries += 1
            self._queue.appendleft(item)
        self._stats.redelivered += len(items)
        self.pump()

    def _again(self, item: Item) -> None:
        self.unanswered((item,))

    def pump(self) -> None:
        """Send what the binds have room for."""
        queue = self._queue
        while queue and (link := self._free()) is not None:
            item = queue.popleft()
            try:
                link.session.request(item.pdu, self._clock(), item)
            except ValueError:  # an address that a deliver_sm cannot hold, taken from a data_sm
                self._stats.dropped += 1
                continue
            link.connection.flush_soon()

    def _free(self) -> Link | None:
        """The next bind in turn with room."""
        links = self._links
        for _ in range(len(links)):
            links.rotate(-1)
            link = links[0]
            if link.session.bound and link.session.unanswered < self._window and link.connection.writable:
                return link
        return None
