"""Connections that are not bound yet: how many there may be, from one address and in all.

Somebody who connects and says nothing costs a socket for ten seconds. The limits keep that from becoming all sockets
there are; they widen with what the configuration lets in, so that apps may come back all at once.
"""

from collections import Counter
from collections.abc import Mapping

from gateway.apps.auth import AppCredentials
from gateway.config.apps import App

MOST_UNBOUND = 100
MOST_UNBOUND_OF_ONE = 5


class Anteroom:
    """Counts by address; whoever enters must leave once, bound or not."""

    def __init__(self, apps: Mapping[str, App], credentials: AppCredentials) -> None:
        self._here: Counter[str] = Counter()
        self.apply(apps, credentials)

    def apply(self, apps: Mapping[str, App], credentials: AppCredentials) -> None:
        """The configuration that says how many binds may come from where."""
        self._max_binds = {name: app.max_binds for name, app in apps.items() if app.system_id is not None}
        self._credentials = credentials
        self._most = max(MOST_UNBOUND, 2 * sum(self._max_binds.values()))

    def enter(self, address: str) -> bool:
        """Whether there is room for one more; it is counted then."""
        if self._here.total() >= self._most or self._here[address] >= self._most_of_one(address):
            return False
        self._here[address] += 1
        return True

    def leave(self, address: str) -> None:
        """One of them was bound, or has gone."""
        self._here[address] -= 1
        if self._here[address] <= 0:
            del self._here[address]

    def __len__(self) -> int:
        return self._here.total()

    def _most_of_one(self, address: str) -> int:
        if self._here[address] < MOST_UNBOUND_OF_ONE:
            return MOST_UNBOUND_OF_ONE
        binds = sum(most for app, most in self._max_binds.items() if self._credentials.allows(app, address))
        return max(MOST_UNBOUND_OF_ONE, binds)
