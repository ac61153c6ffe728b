"""The test messages: addresses as they are tried, words as they are sent."""

from collections.abc import Mapping
from typing import NamedTuple

from gateway.carriers.address import TonNpi, number_as, sender_kind
from gateway.carriers.submission import validity
from gateway.config.carriers import Carrier
from gateway.message import Content
from gateway.parts import Profile, Wire, wires
from gateway.smpp.fields import Tlvs
from gateway.smpp.pdu import SubmitSm
from gateway.text import gsm7
from gateway.text.data_coding import DEFAULT, Alphabet
from gateway.text.packed import pack, unpack
from gateway.text.segments import LongMessages

VALIDITY_S = 3600
SPECIAL = "@ $ _ [ ] { } \\ ñ é € ¡"
"""What alphabets differ in: a carrier is known when these arrive, and not before."""
LABELS = {Alphabet.GSM7: "A", Alphabet.LATIN1: "B", Alphabet.ASCII: "C", Alphabet.GSM7_PACKED: "P"}
LONG_LABELS = {LongMessages.UDH: "E", LongMessages.UDH16: "F", LongMessages.SAR: "G", LongMessages.PAYLOAD: "H"}
UCS2_TEXT = "Relevo D: á í ó ú Á ñ ¿? 漢字 €"
PLAIN_TEXT = "Relevo: prueba de enlace, texto simple 0123456789"
FLASH_TEXT = "Relevo I: mensaje clase 0"
TOO_LONG = "Relevo: texto de mas de un segmento en un solo mensaje. " * 4
_CODECS = {Alphabet.LATIN1: "latin-1", Alphabet.ASCII: "ascii"}
_QUESTION_MARK = 0x3F  # in the GSM alphabet as in ASCII
_LONG_WORDS = 56  # of six characters: three parts, however they are cut


class Pair(NamedTuple):
    """TON and NPI."""

    ton: int
    npi: int

    @classmethod
    def of(cls, pair: TonNpi) -> "Pair":
        return cls(pair.ton, pair.npi)


class Target(NamedTuple):
    """How the destination is written: one of the configuration's formats, TON and NPI."""

    format: str
    ton: int
    npi: int


# What carriers are known to want, likeliest first.
SOURCES: Mapping[str, tuple[Pair, ...]] = {
    "short": (Pair(3, 0), Pair(0, 0), Pair(0, 1), Pair(6, 0), Pair(2, 1), Pair(1, 1), Pair(6, 1), Pair(3, 1)),
    "long": (Pair(1, 1), Pair(2, 1), Pair(0, 1), Pair(0, 0)),
    "alphanumeric": (Pair(5, 0), Pair(5, 1), Pair(0, 0)),
}
_WITH_ONE = Target("e164-521", 1, 1)
TARGETS = (
    Target("e164", 1, 1),
    Target("plus", 1, 1),
    Target("national", 2, 1),
    Target("e164", 0, 1),
    Target("e164", 0, 0),
    Target("national", 0, 1),
    Target("national", 0, 0),
    _WITH_ONE,
)


def targets_for(to: str) -> tuple[Target, ...]:
    """Those of TARGETS that write this number, E.164 digits, each in a way of its own."""
    return TARGETS if to.startswith("52") else tuple(target for target in TARGETS if target is not _WITH_ONE)


class Draft(NamedTuple):
    """A submit_sm without its words."""

    sender: str
    source: Pair
    to: str
    target: Target
    country_code: str
    service_type: str = ""
    tlvs: Tlvs = ()

    def fill(self, wire: Wire) -> SubmitSm:
        """With its words, a receipt asked for and a validity, as the gateway sends it."""
        alphanumeric = sender_kind(self.sender) == "alphanumeric"
        return SubmitSm(
            service_type=self.service_type,
            source_addr_ton=self.source.ton,
            source_addr_npi=self.source.npi,
            source_addr=self.sender if alphanumeric else self.sender.removeprefix("+"),
            dest_addr_ton=self.target.ton,
            dest_addr_npi=self.target.npi,
            destination_addr=number_as(self.to, self.target.format, self.country_code),
            esm_class=wire.esm_class,
            validity_period=validity(VALIDITY_S),
            registered_delivery=1,
            data_coding=wire.data_coding,
            short_message=wire.short_message,
            tlvs=wire.tlvs + self.tlvs,
        )

    @property
    def addresses(self) -> str:
        """For people: whom from and to, as written."""
        number = number_as(self.to, self.target.format, self.country_code)
        source, target = self.source, self.target
        return f"{self.sender} ({source.ton}/{source.npi}) to {number} ({target.ton}/{target.npi})"


def first_draft(carrier: Carrier, sender: str, to: str, country_code: str, *, plain: bool) -> Draft:
    """As the configuration has it. `to` is E.164 digits; `plain`: for a peer that knows no TLVs."""
    source = Pair.of(getattr(carrier.source, sender_kind(sender)))
    target = Target(carrier.destination.format, carrier.destination.ton, carrier.destination.npi)
    tlvs = () if plain else tuple(carrier.tlvs.items())
    return Draft(sender, source, to, target, country_code, carrier.service_type, tlvs)


def no_such_number(e164: str, country_code: str) -> str:
    """A number as long as this one that nobody has: nothing but zeros behind the country's code."""
    code = country_code if e164.startswith(country_code) else e164[:2]
    return code + "0" * (len(e164) - len(code))


def wire(text: str, alphabet: Alphabet, *, message_class: int | None = None) -> Wire:
    """One part, for a carrier whose data_coding 0 is `alphabet`."""
    return wires(Content(text=text, message_class=message_class), Profile(alphabet), 0)[0]


def ucs2(text: str) -> Wire:
    """One part in UCS-2."""
    return wires(Content(text=text, encoding="ucs2"), Profile(), 0)[0]


def special(alphabet: Alphabet) -> tuple[str, Wire]:
    """The characters that alphabets differ in, as far as this one has them, under data_coding 0; and the words."""
    own = {Alphabet.LATIN1: "€", Alphabet.ASCII: "ñé€¡"}.get(alphabet, "")
    kept = " ".join(sign for sign in SPECIAL.split() if sign not in own)
    text = f"Relevo {LABELS[alphabet]}: {kept}"
    return text, Wire(_spelled(text, alphabet), DEFAULT, 0, ())


def _spelled(text: str, alphabet: Alphabet) -> bytes:
    if alphabet in _CODECS:
        return text.encode(_CODECS[alphabet])
    septets = gsm7.encode(text)
    return pack(septets) if alphabet is Alphabet.GSM7_PACKED else septets


def shown(octets: bytes, alphabet: Alphabet) -> str:
    """What a handset shows of octets under data_coding 0 at a carrier with this alphabet: controls as dots, and "?"
    for what the alphabet has not. Strict, other than what reads inbound messages: nothing is guessed."""
    if alphabet is Alphabet.LATIN1:
        text = octets.decode("latin-1")
    elif alphabet is Alphabet.ASCII:
        text = octets.decode("ascii", "replace").replace("\ufffd", "?")
    else:
        septets = unpack(octets) if alphabet is Alphabet.GSM7_PACKED else octets
        text = gsm7.decode(bytes(septet if septet < 0x80 else _QUESTION_MARK for septet in septets))
    return "".join(sign if sign.isprintable() else "·" for sign in text)


def long_parts(way: LongMessages, alphabet: Alphabet, reference: int) -> list[Wire]:
    """A text of three segments, numbered word by word, so that a missing or misplaced part is seen."""
    words = " ".join(f"({number:03d})" for number in range(1, _LONG_WORDS + 1))
    text = f"Relevo {LONG_LABELS[way]}: {words} fin"
    return wires(Content(text=text), Profile(alphabet, way), reference)


def too_long() -> Wire:
    """More than a segment holds, in one short_message."""
    return Wire(TOO_LONG.encode("ascii"), DEFAULT, 0, ())
