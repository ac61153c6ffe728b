"""The binds of each app, the oldest first: whom a receipt may go to, and how many there are."""

from collections.abc import Mapping

from gateway.apps.smpp_bind import AppBind
from gateway.metrics import Metrics


class AppBinds:
    """All apps' binds. One that is unbinding is no longer among them."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._binds: dict[str, list[AppBind]] = {}
        self._turns: dict[str, int] = {}

    def add(self, bind: AppBind) -> None:
        """It has been bound."""
        self._binds.setdefault(bind.app, []).append(bind)
        self._count(bind.app)

    def remove(self, bind: AppBind) -> bool:
        """It is no longer bound; whether it was among them."""
        binds = self._binds.get(bind.app, [])
        if bind not in binds:
            return False
        binds.remove(bind)
        self._count(bind.app)
        return True

    def of(self, app: str) -> list[AppBind]:
        """An app's binds, the oldest first."""
        return list(self._binds.get(app, ()))

    def all(self) -> Mapping[str, list[AppBind]]:
        """By app, those of it that have binds or had some."""
        return self._binds

    def any_receiving(self, app: str) -> bool:
        """Whether the app has a bind that takes deliver_sm."""
        for bind in self._binds.get(app, ()):  # noqa: SIM110  for each delivery, and any() costs three times as much
            if bind.receiving:
                return True
        return False

    def next_with_room(self, app: str) -> AppBind | None:
        """The app's bind whose turn it is, of those that take one more deliver_sm now."""
        binds = self._binds.get(app, [])
        start = self._turns.get(app, 0)
        for step in range(len(binds)):
            at = (start + step) % len(binds)
            if binds[at].room:
                self._turns[app] = at + 1
                return binds[at]
        return None

    def _count(self, app: str) -> None:
        self._metrics.app_binds(app).n = float(len(self._binds[app]))
