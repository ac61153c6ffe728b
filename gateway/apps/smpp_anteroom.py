"""Connections that are not bound yet: how many there may be, from one address and in all, and how often one may come.

Somebody who connects and says nothing costs a socket for ten seconds, somebody who comes again and again the time to
make a session. The limits keep that from becoming all there is of either. They widen with what the configuration lets
in, so that apps may come back all at once; and an address that an app's allow_from names has its place even where
strangers have taken all that is theirs.
"""

from collections import Counter, OrderedDict
from collections.abc import Mapping

from gateway.apps.auth import AppCredentials
from gateway.apps.origin import origin
from gateway.config.apps import App

MOST_UNBOUND = 100
MOST_UNBOUND_OF_ONE = 5
MOST_CALLS = 20
"""Connections of one address in CALLS_S, or twice the binds that it may have."""
CALLS_S = 10.0
MOST_REMEMBERED = 10_000
"""Addresses whose calls are remembered; the one that came longest ago goes first."""


class Anteroom:
    """Counts by address, IPv6 by its /64; whoever enters must leave once, bound or not. `now` is monotonic seconds."""

    def __init__(self, apps: Mapping[str, App], credentials: AppCredentials) -> None:
        self._here: Counter[str] = Counter()
        self._from: Counter[str] = Counter()  # the same by where they come from
        self._strangers = 0
        self._calls: OrderedDict[str, float] = OrderedDict()  # when all calls of an address will be forgotten
        self.apply(apps, credentials)

    def apply(self, apps: Mapping[str, App], credentials: AppCredentials) -> None:
        """The configuration that says how many binds may come from where."""
        self._max_binds = {name: app.max_binds for name, app in apps.items() if app.system_id is not None}
        self._named = {name for name in self._max_binds if apps[name].allow_from}
        self._credentials = credentials
        self._most = max(MOST_UNBOUND, 2 * sum(self._max_binds.values()))
        # Who is here was counted by the rules of before; counted anew, everybody leaves as they are counted now.
        self._strangers = sum(count for address, count in self._here.items() if not self._is_named(address))

    def enter(self, address: str, now: float) -> bool:
        """Whether there is room for one more; it is counted then."""
        place = origin(address)
        here = self._from[place]
        binds = self._binds_from(address)
        if not self._may_call(place, max(MOST_CALLS, 2 * binds), now):
            return False
        named = self._is_named(address)
        if here >= max(MOST_UNBOUND_OF_ONE, binds) or (not named and self._strangers >= self._most):
            return False
        self._here[address] += 1
        self._from[place] += 1
        self._strangers += not named
        return True

    def leave(self, address: str) -> None:
        """One of them was bound, or has gone."""
        self._strangers -= not self._is_named(address)
        for counter, who in ((self._here, address), (self._from, origin(address))):
            counter[who] -= 1
            if counter[who] <= 0:
                del counter[who]

    def __len__(self) -> int:
        return self._here.total()

    def _may_call(self, place: str, most: int, now: float) -> bool:
        """Leaky: each call takes CALLS_S / most to be forgotten; those that are turned away do not count."""
        forgotten = max(self._calls.get(place, now), now) + CALLS_S / most
        if forgotten > now + CALLS_S:
            return False
        self._calls[place] = forgotten
        self._calls.move_to_end(place)
        if len(self._calls) > MOST_REMEMBERED:
            self._calls.popitem(last=False)
        return True

    def _binds_from(self, address: str) -> int:
        return sum(most for app, most in self._max_binds.items() if self._credentials.allows(app, address))

    def _is_named(self, address: str) -> bool:
        """Whether an app says that it comes from there."""
        return any(self._credentials.allows(app, address) for app in self._named)
