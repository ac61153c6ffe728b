"""Jasmin's connectors, users, filters and routes -> Relevo's sections."""

import re
from collections.abc import Iterable
from typing import NamedTuple

from gateway.cli.conversion.draft import Draft, Keys, positive
from gateway.cli.conversion.jasmin_script import Jasmin, Thing

_MESSAGE_IDS = {"0": "same", "1": "hex-dec", "2": "dec-hex"}
_SECONDS = {"elink_interval": "enquire_link", "res_to": "response_timeout"}
_BIND_KEYS = {"systype": "system_type", "addr_range": "address_range"}
_TON_NPI = (("src_ton", "source", "ton"), ("src_npi", "source", "npi"), ("dst_ton", "destination", "ton"),
            ("dst_npi", "destination", "npi"))  # fmt: skip
_TONS = {"UNKNOWN": 0, "INTERNATIONAL": 1, "NATIONAL": 2, "NETWORK_SPECIFIC": 3, "SUBSCRIBER_NUMBER": 4,
         "ALPHANUMERIC": 5, "ABBREVIATED": 6, "ISDN": 1}  # fmt: skip
_FORMS = ("short", "long", "alphanumeric")
_PREFIX = re.compile(r"\^?(?:\\?\+\??)?([1-9][0-9]{0,14})(?:(?:\\d|\.|\[0-9\])[*+]\$?)?")
_SENDER = re.compile(r"\^?([A-Za-z0-9]{1,11})\$")  # one whole sender; without the end it would be a beginning
_TAG = re.compile("([A-Za-z0-9._-]{1,64})")


class _Filter(NamedTuple):
    """What a filter compares, the form in which that can be said here, and as which condition."""

    key: str
    pattern: re.Pattern[str]
    condition: str
    before: str = ""


_FILTERS = {
    "destinationaddrfilter": _Filter("destination_addr", _PREFIX, "prefix", "+"),
    "sourceaddrfilter": _Filter("source_addr", _SENDER, "sender"),
    "tagfilter": _Filter("tag", _TAG, "tag"),
}
_THROUGHPUT = "mt_messaging_cred quota http_throughput"


def convert(found: Jasmin) -> Draft:
    """The draft that the commands come to."""
    draft = Draft()
    for listener, address in found.listeners.items():
        draft.section(listener)["listen"] = address
    users: dict[str, Thing] = {}
    filters: dict[str, Thing] = {}
    routes: list[Thing] = []
    for thing in found.things:
        if thing.option not in ("-a", "--add"):
            if thing.option not in ("-1", "--start"):  # carriers start by themselves
                draft.note(thing.place, f"{thing.command} {thing.option} {thing.argument} has no counterpart")
        elif thing.command == "smppccm":
            _carrier(thing, draft)
        elif thing.command == "user":
            users[thing.keys.get("uid", "")] = thing
        elif thing.command == "filter":
            filters[thing.keys.get("fid", "")] = thing
        elif thing.command == "mtrouter":
            routes.append(thing)
        elif thing.command != "group":
            draft.note(
                thing.place, f"{thing.command} {_first(thing.keys)} has no counterpart{_INSTEAD.get(thing.command, '')}"
            )
    for user in users.values():
        _app(user, draft)
    _Routes(users, filters, draft).write(routes)
    for unread in found.unread:
        draft.note(unread, "is not read (of what Jasmin persists only jcli commands are text)")
    return draft


_INSTEAD = {
    "morouter": ": say in mo_routes which app gets what",
    "httpccm": ": give the app a webhook, which is told in JSON",
    "mtinterceptor": ": routes, senders and lanes are in the configuration",
}


def _first(keys: Keys) -> str:
    return next(iter(keys.values()), "")


_NOTHING = ("", "None", "ND")  # how jcli says that a key has no value


def _carrier(thing: Thing, draft: Draft) -> None:
    keys = {key: value for key, value in thing.keys.items() if value not in _NOTHING}
    name = draft.name(keys.pop("cid", "default"), thing.place)
    carrier = draft.section("carriers", name)
    rate = positive(keys.get("submit_throughput", "1"))
    if rate:
        carrier["tps"] = rate
        keys.pop("submit_throughput", None)
    keys.pop("password", None)
    bind: Keys = {
        "name": f"{name}-1",
        "host": keys.pop("host", "127.0.0.1"),
        "port": int(keys.pop("port", "2775")),
        "mode": keys.pop("bind", "transceiver"),
        "system_id": keys.pop("username", "smppclient"),
        "password": draft.secret(name, f"the password that the carrier {name} gave"),
    }
    carrier["binds"] = [bind]
    if keys.pop("ssl", "no") == "yes":
        bind["tls"] = {}
        draft.note(thing.place, f"the carrier {name}'s certificate is checked now, which Jasmin does not")
    _options(keys, carrier, bind)
    for key, value in keys.items():
        draft.note(thing.place, f"smppccm {name}: {key} {value} has no counterpart")


def _options(keys: dict[str, str], carrier: Keys, bind: Keys) -> None:
    for key, ours in _BIND_KEYS.items():
        if key in keys:
            bind[ours] = keys.pop(key)
    for key, ours in _SECONDS.items():
        if keys.get(key, "").isdigit():
            carrier[ours] = f"{keys.pop(key)}s"
    if keys.get("con_loss_delay", "").isdigit():
        pause = int(keys.pop("con_loss_delay"))
        carrier["reconnect"] = {"min": f"{pause}s", "max": f"{max(60, pause)}s"}
    if keys.get("dlr_msgid") in _MESSAGE_IDS:
        carrier["message_ids"] = _MESSAGE_IDS[keys.pop("dlr_msgid")]
    types: dict[str, Keys] = {}
    for key, ours, part in _TON_NPI:
        value = keys.get(key, "").rpartition(".")[2]
        if value.isdigit() or value in _TONS:
            types.setdefault(ours, {"ton": 1, "npi": 1})[part] = int(value) if value.isdigit() else _TONS[value]
            del keys[key]
    if "source" in types:
        carrier["source"] = {form: dict(types["source"]) for form in _FORMS}
    if "destination" in types:
        carrier["destination"] = types["destination"]


def _app(thing: Thing, draft: Draft) -> None:
    keys = {key: value for key, value in thing.keys.items() if value not in _NOTHING}
    app = draft.app(keys.pop("username", ""), thing.place)
    for key in ("uid", "gid", "password"):
        keys.pop(key, None)
    tps = positive(keys.get(_THROUGHPUT, ""))
    if tps:
        app["tps"] = tps
        del keys[_THROUGHPUT]
    for key, value in keys.items():
        draft.note(thing.place, f"user: {key} {value} has no counterpart")


class _Routes:
    """MT routes, highest order first. One that cannot be said exactly is noted and left out, never widened."""

    def __init__(self, users: dict[str, Thing], filters: dict[str, Thing], draft: Draft) -> None:
        self._users = users
        self._filters = filters
        self._draft = draft

    def write(self, things: Iterable[Thing]) -> None:
        """All of them."""
        ordered = sorted(things, key=lambda each: -_order(each))
        self._draft.config["routes"] += [route for route in map(self._route, ordered) if route]
        if not self._draft.config["routes"] and self._draft.carriers:
            self._draft.config["routes"].append({"via": list(self._draft.carriers)})
            self._draft.note(
                "routes", "there was none that could be carried over; this one leads to all carriers in order"
            )

    def _route(self, thing: Thing) -> Keys | None:
        conditions: Keys = {}
        for fid in filter(None, re.split(r"[;,\s]+", thing.keys.get("filters", ""))):
            condition = self._condition(fid)
            if condition is None or condition.keys() & conditions.keys():
                self._draft.note(thing.place, f"the route is left out: its filter {fid} cannot be said here")
                return None
            conditions |= condition
        named = re.findall(r"smppc\(([^)]*)\)", thing.keys.get("connector", "") + thing.keys.get("connectors", ""))
        via = [self._draft.name(each, thing.place) for each in named]
        unknown = [each for each in via if each not in self._draft.carriers]
        if unknown or not via:
            self._draft.note(thing.place, "the route is left out: it leads to no connector that is known")
            return None
        robin = "RoundRobin" in thing.keys.get("type", "") or "Roundrobin" in thing.keys.get("type", "")
        if thing.keys.get("rate", "0").strip("0.") != "":
            self._draft.note(
                thing.place, f"rate {thing.keys['rate']}: write what a segment costs as the carrier's price"
            )
        return {**conditions, "via": dict.fromkeys(via, 1) if robin and len(via) > 1 else via}

    def _condition(self, fid: str) -> Keys | None:
        thing = self._filters.get(fid)
        kind = thing.keys.get("type", "").lower() if thing is not None else ""
        if thing is None or kind == "transparentfilter":
            return {} if thing is not None else None
        if kind == "userfilter":
            return self._apps([thing.keys.get("uid", "")])
        if kind == "groupfilter":
            return self._apps(
                [uid for uid, user in self._users.items() if user.keys.get("gid") == thing.keys.get("gid")]
            )
        row = _FILTERS.get(kind)
        found = row.pattern.fullmatch(thing.keys.get(row.key, "")) if row is not None else None
        return {row.condition: [row.before + found[1]]} if row is not None and found is not None else None

    def _apps(self, uids: list[str]) -> Keys | None:
        users = [self._users[uid].keys.get("username", "") for uid in uids if uid in self._users]
        return {"app": [self._draft.name(user, "user") for user in users]} if users else None


def _order(thing: Thing) -> int:
    order = thing.keys.get("order", "0")
    return int(order) if order.isdigit() else 0
