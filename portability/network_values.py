"""What the table's network column holds for a network as a file writes it."""

from collections import Counter
from collections.abc import Callable

from portability.codes import packed
from portability.networks import Networks

_SHOWN = 40  # characters of a value quoted in a message


class FieldError(ValueError):
    """What is wrong with one field of a row."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class NetworkValues:
    """The value of each spelling, judged once; `unlisted` counts codes that no network has.

    `name_id(name)` gives the value under which the table keeps a network's name.
    """

    def __init__(self, networks: Networks, name_id: Callable[[str], int]) -> None:
        self.unlisted: Counter[str] = Counter()
        self._networks = networks
        self._name_id = name_id
        self._values: dict[tuple[str, ...], int | None] = {}

    def of(self, written: tuple[str, ...]) -> int | None:
        """The value of one field (code, MCC-MNC or name) or two (RIDA and RCR); None when all are empty.

        Raises FieldError when it is nobody's.
        """
        if written not in self._values:
            first, *more = (text.strip() for text in written)
            self._values[written] = self._pair(first, *more) if more else self._named(first)
        return self._values[written]

    def _named(self, text: str) -> int | None:
        if not text:
            return None
        if self._networks.find(text) is None:
            raise FieldError("network", f"{quoted(text)} is neither a code nor a name of networks")
        if is_code(text) and int(text):
            return packed(int(text))
        return self._name_id(text)

    def _pair(self, rida: str, rcr: str) -> int | None:
        """Of an unknown pair the row is bad; of one unknown code the other still says where the number is."""
        if not rida and not rcr:
            return None
        codes = {"rida": rida, "rcr": rcr or "0"}
        for field, code in codes.items():
            if not is_code(code) or (field == "rida" and not int(code)):
                raise FieldError(field, f"{quoted(code)} is not a three-digit code")
        if self._networks.served_by_codes(int(rida), int(rcr or 0)).network is None:
            raise FieldError("rida", f"neither {quoted(rida)} nor rcr {quoted(rcr)} is a code of networks")
        for field, code in codes.items():
            if int(code) and self._networks.by_code(code) is None:
                self.unlisted[f"{field} {int(code):03}"] += 1
        return packed(int(rida), int(rcr or 0))


def is_code(text: str) -> bool:
    """Whether it is written as a portability code."""
    return text.isascii() and text.isdigit() and len(text) <= 3


def quoted(text: str) -> str:
    """A value of a file, short enough to stand in a message."""
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "…")
