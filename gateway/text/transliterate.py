"""Words in a smaller alphabet: á as a, “ as ", so that a text stays in the GSM alphabet at a third of the price.

Opt-in of the sender. What the target alphabet has is never touched (é ñ ü ¿ ¡ à stay in GSM 7). Three steps for the
rest: the table below, then the character without its marks, then anyascii. Emoji and letters of other scripts are
left alone unless it is the last resort (a carrier without UCS-2): ":thumbsup:" is no favour where 👍 can be sent.
"""

import unicodedata
from enum import StrEnum

from anyascii import anyascii

from gateway.text.gsm7_tables import DEFAULT, ESC, EXTENSION

_TABLE = {
    "á": "a", "í": "i", "ó": "o", "ú": "u", "Á": "A", "Í": "I", "Ó": "O", "Ú": "U",
    "ã": "a", "â": "a", "ê": "e", "õ": "o", "ô": "o", "Ã": "A", "Â": "A", "Ê": "E", "Õ": "O", "Ô": "O", "À": "A",
    "ç": "c", "ª": "a", "º": "o", "°": "o",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‘": "'", "’": "'", "‚": "'", "´": "'", "`": "'",
    "‹": "'", "›": "'", "′": "'", "″": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "―": "-", "−": "-",
    "…": "...", "•": "*", "·": "*", "×": "x", "÷": "/", "⁄": "/", "¢": "c", "™": "TM", "®": "(R)", "©": "(C)",
    "№": "No", "\t": " ", "\v": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n",
}  # fmt: skip

_CACHE_LIMIT = 4096  # distinct characters kept per alphabet: the sender chooses them, so there is an end to it


class Target(StrEnum):
    """The characters to end up with: the GSM alphabet, or its part that Latin-1 or ASCII has too."""

    GSM7 = "gsm7"
    LATIN1 = "latin1"
    ASCII = "ascii"


_GSM7 = frozenset(DEFAULT.replace(ESC, "")) | frozenset(EXTENSION.values())
REPERTOIRES = {
    Target.GSM7: _GSM7,
    Target.LATIN1: frozenset(c for c in _GSM7 if ord(c) < 0x100),
    Target.ASCII: frozenset(c for c in _GSM7 if c.isascii()),
}


class _Replacements(dict[int, str]):
    """Code point -> what to write instead, found when first asked for; `str.translate` reads it in C."""

    def __init__(self, target: Target, last_resort: bool) -> None:
        super().__init__()
        self._allowed = REPERTOIRES[target]
        self._last_resort = last_resort

    def __missing__(self, code_point: int) -> str:
        character = chr(code_point)
        replacement = self._find(character)
        if len(self) < _CACHE_LIMIT:
            self[code_point] = replacement
        return replacement

    def _find(self, character: str) -> str:
        """The replacement, or the character itself where there is none."""
        if character in self._allowed:
            return character
        for candidate in (_TABLE.get(character), _plain(character), self._romanized(character)):
            if candidate is not None and self._allowed.issuperset(candidate):
                return candidate
        return character

    def _romanized(self, character: str) -> str | None:
        if self._last_resort or _is_latin_or_sign(character):
            return anyascii(character) or None
        return None


def _plain(character: str) -> str | None:
    """The character without marks, ligatures and width; empty for marks and invisible ones; spaces as a space."""
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return ""
    if category == "Zs":
        return " "
    parts = [c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c)]
    return "".join(_TABLE.get(c, c) for c in parts) or None


def _is_latin_or_sign(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "PN" or category in ("Sc", "Sm") or "LATIN" in unicodedata.name(character, "")


_REPLACEMENTS = {
    (target, last_resort): _Replacements(target, last_resort) for target in Target for last_resort in (False, True)
}


def transliterate(text: str, target: Target = Target.GSM7, *, last_resort: bool = False) -> str | None:
    """`text` written with the characters of `target`, or None when one character would stay outside.

    None means: touch nothing. `last_resort` also writes other scripts and emoji in Latin letters.
    """
    composed = unicodedata.normalize("NFC", text)
    written = composed.translate(_REPLACEMENTS[target, last_resort])
    return written if REPERTOIRES[target].issuperset(written) else None
