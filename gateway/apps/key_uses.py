"""When each API key was last used, so that a rotation can end: the old key goes once nobody uses it any more.

A key is named by the first digits of its hash, which give nothing away. Uses are noted in memory, a dictionary entry
a request, and written down once a minute, a row for each key used since: a crash forgets a minute.
"""

from collections.abc import Callable, Iterable, Mapping

SETTING = "key_used."
NAME_DIGITS = 12


def name_of(key_hash: str) -> str:
    """What a key is called: `sha256:` and the first twelve digits of its hash."""
    return "sha256:" + key_hash.removeprefix("sha256:")[:NAME_DIGITS]


class KeyUses:
    """Of all apps; lives on when the configuration changes."""

    def __init__(self, utc: Callable[[], float]) -> None:
        self._utc = utc
        self._last: dict[str, float] = {}
        self._unwritten: set[str] = set()

    def used(self, key_hash: str) -> None:
        """The key with this hash (64 hexadecimal digits) was right."""
        self._last[key_hash] = self._utc()
        self._unwritten.add(key_hash)

    def last(self, key_hash: str) -> float | None:
        """When it was last used, in epoch seconds; None where that is not known."""
        return self._last.get(key_hash.removeprefix("sha256:"))

    def restore(self, settings: Mapping[str, str], key_hashes: Iterable[str]) -> None:
        """What an earlier run has written down about the keys there are."""
        for key_hash in key_hashes:
            at = settings.get(_setting(key_hash))
            if at is not None:
                self._last.setdefault(key_hash.removeprefix("sha256:"), float(at))

    def write(self, setting: Callable[[str, str], None]) -> None:
        """Have what was used since the last time kept, each by `setting(name, value)`."""
        unwritten, self._unwritten = self._unwritten, set()
        for key_hash in sorted(unwritten):
            setting(_setting(key_hash), str(int(self._last[key_hash])))


def _setting(key_hash: str) -> str:
    return SETTING + key_hash.removeprefix("sha256:")[:NAME_DIGITS]
