"""Who wants no more messages from which app: in memory for the road in, on disk for good."""

from collections.abc import Callable, Iterable

from gateway.errors import StoreError
from gateway.store.commits import Commits
from gateway.store.store import OptOut

Done = Callable[[object, StoreError | None], None]


class OptOutList:
    """All opt-outs in force, by app. Numbers are E.164 digits; every written form of a number is one subscriber."""

    def __init__(self, commits: Commits, utc: Callable[[], float]) -> None:
        self._commits = commits
        self._utc = utc
        self._since: dict[str, dict[str, OptOut]] = {}

    def restore(self, rows: Iterable[OptOut]) -> None:
        """What a start finds on disk."""
        for row in rows:
            self._since.setdefault(row.app, {})[row.number] = row

    def has(self, app: str, number: str) -> bool:
        """Whether the number has opted out of the app's messages."""
        numbers = self._since.get(app)
        return numbers is not None and number in numbers

    def get(self, app: str, number: str) -> OptOut | None:
        """The opt-out in force, with when and whence."""
        return self._since.get(app, {}).get(number)

    def add(self, app: str, number: str, source: str, done: Done | None = None, argument: object = None) -> OptOut:
        """Opt out: in force at once, `done` after the commit. Twice is once: the first keeps its time."""
        row = self._since.setdefault(app, {}).setdefault(number, OptOut(app, number, self._utc(), source))
        self._commits.opt_out(row)
        if done is not None:
            self._commits.then(done, argument)
        return row

    def remove(self, app: str, number: str, done: Done | None = None, argument: object = None) -> bool:
        """Opt in again; False where there was no opt-out."""
        row = self._since.get(app, {}).pop(number, None)
        if row is None:
            return False
        self._commits.opt_out(OptOut(app, number, self._utc(), row.source, removed=True))
        if done is not None:
            self._commits.then(done, argument)
        return True
