"""A group smsc of Kannel -> a bind of a carrier. Groups with one smsc-id are binds of one carrier."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.cli.conversion.draft import Draft, Keys, positive
from gateway.cli.conversion.kannel_file import Group

_NO = frozenset({"", "0", "no", "false", "off"})
_ALPHABETS = {
    "latin1": "latin1", "iso-8859-1": "latin1", "windows-1252": "latin1", "ascii": "ascii", "us-ascii": "ascii",
    "gsm": "gsm7",
}  # fmt: skip
# bits: 1 the response is hexadecimal, 2 the receipt is; without the key Kannel takes both as they come
_MESSAGE_IDS = {0: "same", 1: "hex-dec", 2: "dec-hex", 3: "same"}
_SECONDS = {"enquire-link-interval": "enquire_link", "wait-ack": "response_timeout"}
_BIND_KEYS = {"our-host": "source_ip", "system-type": "system_type", "address-range": "address_range"}


@dataclass
class _Smsc:
    """A group as far as it is read: `keys` are those left."""

    group: Group
    draft: Draft
    carrier: Keys
    keys: dict[str, str] = field(default_factory=dict)

    def take(self, key: str) -> str:
        return self.keys.pop(key, "")

    def number(self, key: str) -> int | None:
        """A whole number, decimal or 0x; what is none stays to be noted."""
        try:
            number = int(self.keys[key], 0)
        except (KeyError, ValueError):
            return None
        del self.keys[key]
        return number

    def flag(self, key: str) -> bool:
        return self.take(key).lower() not in _NO


def convert_smsc(group: Group, draft: Draft, prefixes: dict[str, dict[str, list[str]]]) -> None:
    """Add a bind, or several. `prefixes` gathers what numbers the carrier is for."""
    kind = group.keys.get("smsc", "")
    if kind != "smpp":
        draft.note(group.place, f"smsc = {kind} has no counterpart: carriers are reached over SMPP")
        return
    name = draft.name(group.keys.get("smsc-id", "default"), group.place)
    smsc = _Smsc(group, draft, draft.section("carriers", name), dict(group.keys))
    smsc.take("smsc"), smsc.take("smsc-id")
    _rates(smsc)
    _binds(smsc, name)
    _texts(smsc)
    _addresses(smsc)
    for key, kept in (("allowed-prefix", "allowed"), ("preferred-prefix", "preferred")):
        found = _prefixes(smsc, key)
        if found:
            prefixes.setdefault(name, {}).setdefault(kept, []).extend(found)
    for key, value in smsc.keys.items():
        shown = "" if "pass" in key else f" = {value}"
        draft.note(group.where(key), f"smsc {name}: {key}{shown} has no counterpart")


def _rates(smsc: _Smsc) -> None:
    rate = positive(smsc.keys.get("throughput", ""))
    if rate:
        smsc.take("throughput")
        smsc.carrier["tps"] = smsc.carrier.get("tps", 0) + rate
    elif "tps" not in smsc.carrier:
        smsc.draft.note(smsc.group.place, "no throughput is given; write the contract's as tps (10 without it)")
    for key, ours in _SECONDS.items():
        seconds = smsc.number(key)
        if seconds:
            smsc.carrier[ours] = f"{seconds}s"
    pause = smsc.number("reconnect-delay")
    if pause:
        smsc.carrier["reconnect"] = {"min": f"{pause}s", "max": f"{max(60, pause)}s"}


def _binds(smsc: _Smsc, name: str) -> None:
    """One group may be a transceiver, or a transmitter and a receiver, each `instances` times."""
    port, receive_port = smsc.number("port"), smsc.number("receive-port")
    modes = [("transceiver", port)]
    if not smsc.flag("transceiver-mode"):
        modes = [("transmitter", port or None), ("receiver", receive_port or None)]
    binds: list[Keys] = smsc.carrier.setdefault("binds", [])
    common = _common(smsc, name)
    for _ in range(smsc.number("instances") or 1):
        for mode, at in modes:
            if at:
                bind = {"name": f"{name}-{len(binds) + 1}", "host": common["host"], "port": at, "mode": mode}
                binds.append({**bind, **common})
                if backup := common.get("backup"):
                    binds[-1]["backup"] = [f"{backup}:{at}"]


def _common(smsc: _Smsc, name: str) -> Keys:
    common: Keys = {
        "host": smsc.take("host"),
        "system_id": smsc.take("smsc-username"),
        "password": smsc.draft.secret(name, f"the password that the carrier {name} gave"),
    }
    smsc.take("smsc-password")
    window = smsc.number("max-pending-submits")
    if window:
        common["window"] = window
    for key, ours in _BIND_KEYS.items():
        value = smsc.take(key)
        if value:
            common[ours] = value
    backup = smsc.take("alt-host")
    if backup:
        common["backup"] = backup
    version = smsc.take("interface-version")
    if version and version != "34":
        common["interface_version"] = f"{version[0]}.{version[1:]}"
    if smsc.flag("use-ssl"):
        certificate = smsc.take("ssl-client-certkey-file")
        common["tls"] = {"certificate": certificate, "key": certificate} if certificate else {}
        smsc.draft.note(smsc.group.place, f"the carrier {name}'s certificate is checked now, which Kannel does not")
    return common


def _texts(smsc: _Smsc) -> None:
    charset = smsc.keys.get("alt-charset", "").lower()
    if charset in _ALPHABETS:
        smsc.carrier["alphabet"] = _ALPHABETS[charset]
        smsc.take("alt-charset")
    kind = smsc.number("msg-id-type")
    if kind is not None:
        smsc.carrier["message_ids"] = _MESSAGE_IDS[kind & 3]
    service_type = smsc.take("service-type")
    if service_type:
        smsc.carrier["service_type"] = service_type


def _addresses(smsc: _Smsc) -> None:
    source = _ton_npi(smsc, "source-addr")
    if source:
        forms = ("long",) if smsc.keys.get("source-addr-autodetect", "yes").lower() not in _NO else _FORMS
        smsc.carrier["source"] = {form: dict(source) for form in forms}
    smsc.take("source-addr-autodetect")
    destination = _ton_npi(smsc, "dest-addr")
    if destination:
        smsc.carrier["destination"] = destination


_FORMS = ("short", "long", "alphanumeric")
_DEFAULTS: Mapping[str, int] = {"ton": 1, "npi": 1}


def _ton_npi(smsc: _Smsc, key: str) -> Keys:
    given = {name: smsc.number(f"{key}-{name}") for name in ("ton", "npi")}
    if given == {"ton": None, "npi": None}:
        return {}
    return {name: _DEFAULTS[name] if value is None else value for name, value in given.items()}


def _prefixes(smsc: _Smsc, key: str) -> list[str]:
    """`5255;5281` -> +5255 and +5281; one written nationally is noted."""
    given = [each for each in smsc.keys.get(key, "").split(";") if each]
    found = ["+" + each.lstrip("+") for each in given if is_prefix(each)]
    if len(found) == len(given):
        smsc.take(key)
    return found


def is_prefix(text: str) -> bool:
    """Whether these are the first digits of a number with its country's code."""
    digits = text.removeprefix("+")
    return digits.isascii() and digits.isdigit() and not digits.startswith("0") and len(digits) <= 15
