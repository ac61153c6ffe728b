"""The networks of the configuration, found by any of the ways in which files and services name them.

Data names a network by a portability code (whose customer, or whose switch), an MCC-MNC, or a name. Which network hosts
an MVNO is configuration and portability data, never knowledge of the code: public lists contradict each other.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Mobile country codes whose MNC has three digits, so that five digits are a shortened spelling (33402 for 334-020).
_LONG_MNC = frozenset({"302", "334", "338", "342", "344", "346", "348", "350", "352", "354", "356", "358", "360"}) | {
    *("365", "366", "376", "405", "708", "722", "732", "748", "750"),
    *map(str, range(310, 317)),
}


@dataclass(frozen=True, slots=True)
class Network:
    """A network as configured: `key` is what routes call it, `codes` how portability data does."""

    key: str
    name: str = ""
    mccmnc: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    hosted_by: str | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves a number: `network` is the brand, `hosts` whose core it may be reached through, the best first.

    Routing tries a route for `network`, then for each of `hosts`.
    """

    network: str | None
    hosts: tuple[str, ...] = ()


class Networks:
    """All networks, by every name; never changes. Raises ValueError when two claim one code, MCC-MNC or name."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._networks = {network.key: network for network in networks}
        self._codes: dict[str, str] = {}
        self._mccmncs: dict[str, str] = {}
        self._names: dict[str, str] = {}
        for network in self._networks.values():
            self._index(network)

    def _index(self, network: Network) -> None:
        for code in network.codes:
            _claim(self._codes, code_form(code), network.key, f"code {code}")
        for mccmnc in network.mccmnc:
            _claim(self._mccmncs, mccmnc_form(mccmnc), network.key, f"MCC-MNC {mccmnc}")
        for name in (network.key, network.name):
            if name:
                _claim(self._names, name_form(name), network.key, f"name {name!r}")

    def __iter__(self) -> Iterator[Network]:
        return iter(self._networks.values())

    def __getitem__(self, key: str) -> Network:
        """The network of a key. Raises KeyError."""
        return self._networks[key]

    def by_code(self, code: int | str) -> str | None:
        """Key of the network with this portability code; leading zeros do not count."""
        return self._codes.get(code_form(str(code)))

    def by_mccmnc(self, mccmnc: str) -> str | None:
        """Key by MCC-MNC: 334020, 334-020, and the shortened 33402."""
        return self._mccmncs.get(mccmnc_form(mccmnc))

    def by_name(self, name: str) -> str | None:
        """Key by key or display name; case, accents, spaces and punctuation do not count."""
        return self._names.get(name_form(name))

    def find(self, text: str) -> str | None:
        """Key of the network `text` names in any way: MCC-MNC first, then code, then name. None: nobody's."""
        if text[:1].isdigit():
            return self.by_mccmnc(text) or self.by_code(text) or self.by_name(text)
        return self.by_name(text)

    def hosts(self, key: str) -> tuple[str, ...]:
        """The network that hosts `key` by configuration, the one that hosts that, and so on."""
        chain: list[str] = []
        here = self._networks.get(key)
        while here and here.hosted_by and here.hosted_by != key and here.hosted_by not in chain:
            chain.append(here.hosted_by)
            here = self._networks.get(here.hosted_by)
        return tuple(chain)

    def served(self, key: str | None) -> Served:
        """What serves a number of this network, by configuration alone."""
        return Served(key, self.hosts(key) if key else ())

    def served_by_codes(self, rida: int, rcr: int) -> Served:
        """What serves a number whose portability data says: customer of `rida`, switched by `rcr` (0: not said).

        The network is the customer's where that code is known, else the switch's. The switch's network comes before
        `hosted_by`: data about the number beats configuration about the brand.
        """
        brand, switch = self.by_code(rida), self.by_code(rcr) if rcr else None
        network = brand or switch
        ways: list[str] = []
        for start in (switch, brand):
            ways += (start, *self.hosts(start)) if start else ()
        return Served(network, tuple(way for way in dict.fromkeys(ways) if way != network))


def folded_words(text: str) -> str:
    """Lower-case ASCII words with single spaces between: accents, points, "&" and apostrophes gone.

    "AT&T Comercialización Móvil, S. de R.L." -> "att comercializacion movil s de rl"
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    kept = (c if c.isalnum() else " " for c in letters if c not in ".&'’`´" and not unicodedata.combining(c))
    return " ".join("".join(kept).split())


def name_form(name: str) -> str:
    """What of a name tells networks apart: letters and digits."""
    return folded_words(name).replace(" ", "")


def code_form(code: str) -> str:
    """A portability code without leading zeros."""
    return code.strip().lstrip("0") or "0"


def mccmnc_form(mccmnc: str) -> str:
    """An MCC-MNC in digits; where the country's MNC has three, in its long spelling (334020 for 33402)."""
    digits = mccmnc.replace("-", "").replace(" ", "")
    return digits + "0" if len(digits) == 5 and digits[:3] in _LONG_MNC else digits


def _claim(index: dict[str, str], name: str, key: str, what: str) -> None:
    owner = index.setdefault(name, key)
    if owner != key:
        raise ValueError(f"{what} is given to two networks, {owner} and {key}")
