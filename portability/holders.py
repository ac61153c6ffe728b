"""Whom the numbering plan means: legal name of a range's holder -> network of the configuration.

The public plan has names only, in some 137 spellings: with and without accents, legal form, and "(ANTES …)". The table
holds what they begin with. A holder is a network when the configuration has one of these names, or this MCC-MNC.
"""

from collections.abc import Mapping

from portability.networks import Networks, folded_words

# First words of the holder's folded name -> names and MCC-MNC its network may have in the configuration.
ALIASES: dict[str, tuple[str, ...]] = {
    "radiomovil dipsa": ("telcel", "334020"),
    "att": ("att", "334050", "334090"),
    "comunicaciones nextel de mexico": ("att", "334050", "334090"),
    "grupo att celullar": ("att", "334050", "334090"),
    "pegaso pcs": ("movistar", "334030"),
    "pegaso comunicaciones y sistemas": ("movistar", "334030"),
    "altan redes": ("altan", "redcompartida", "334140"),
    "freedompop": ("freedompop", "334180"),
    "oxio": ("oxio", "334170"),
    "quickly phone": ("qbocel", "quicklyphone", "334120"),
    "alestra": ("alestra", "334130"),
    "virgin mobile": ("virgin", "virginmobile"),
    "television internacional": ("izzi", "televisioninternacional"),
    "corporacion novavision": ("sky", "blue", "novavision"),
    "corporacion de radio y television del norte": ("sky", "blue"),
    "mega cable": ("mega", "megacable", "megamovil"),
    "kubo cel": ("kubo", "kubocel"),
    "celmax": ("celmax",),
    "telecomunicaciones 360": ("telecomunicaciones360", "360"),
}

_LEGAL_FORMS = (" sapi de cv", " sab de cv", " sa de cv", " s de rl de cv", " s de rl", " sapi", " sa", " ac")


class Holders:
    """Finds the network of a holder. `aliases`: beginnings of names, as written, and the networks' keys; they come
    before the built-in ones, the longest first."""

    def __init__(self, networks: Networks, aliases: Mapping[str, str] | None = None) -> None:
        self._networks = networks
        self._own = sorted(
            ((_bare(name), key) for name, key in (aliases or {}).items()), key=lambda pair: -len(pair[0])
        )
        self._known: dict[str, str | None] = {}

    def network(self, holder: str) -> str | None:
        """Key of the holder's network; None when the configuration has none for it."""
        if holder not in self._known:
            self._known[holder] = self._found(holder)
        return self._known[holder]

    def _found(self, holder: str) -> str | None:
        words = _bare(holder)
        for beginning, key in self._own:
            if _begins(words, beginning):
                return key
        direct = self._networks.find(holder)
        if direct:
            return direct
        for beginning, names in ALIASES.items():
            if _begins(words, beginning):
                return next(filter(None, map(self._networks.find, names)), None)
        return self._networks.by_name(words)


def _begins(words: str, beginning: str) -> bool:
    return words == beginning or words.startswith(beginning + " ")


def _bare(holder: str) -> str:
    """The folded name without former names and legal form."""
    words = folded_words(holder.split("(", maxsplit=1)[0])
    for form in _LEGAL_FORMS:
        words = words.removesuffix(form)
    return words
