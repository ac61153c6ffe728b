"""The last resort: public tables of which carrier a mobile prefix was first given to.

True of the range, wrong of every number that was ported since, and empty for countries where one plan serves all
(Mexico, US, Colombia). Its answers say so.
"""

from typing import Any

import phonenumbers

from portability.answer import Answer
from portability.networks import Networks

_NOTHING_PUBLIC = ("52", "57")  # known beforehand, so that Mexico never costs the tables' 10 MB


class Prefix:
    """Source `prefix`. The tables are read at the first number they may hold, or by `warm`."""

    name = "prefix"
    unavailable: str | None = None

    def __init__(self, networks: Networks) -> None:
        self._networks = networks
        self._carriers: Any = None

    def warm(self) -> None:
        """Reads the tables (36 ms, 10 MB), so that no message waits for it."""
        from phonenumbers import carrier  # noqa: PLC0415  10 MB that a Mexican gateway never needs

        self._carriers = carrier

    def lookup(self, number: int) -> Answer | None:
        """The holder of the number's prefix; without a network when the configuration has none of that name."""
        digits = str(number)
        if digits.startswith(_NOTHING_PUBLIC):
            return None
        if self._carriers is None:
            self.warm()
        try:
            holder: str = self._carriers.name_for_number(phonenumbers.parse("+" + digits), "en")
        except phonenumbers.NumberParseException:
            return None
        if not holder:
            return None
        network = self._networks.by_name(holder)
        hosts = self._networks.hosts(network) if network else ()
        return Answer(network, self.name, hosts=hosts, detail=f"prefix first given to {holder}; may be ported since")
