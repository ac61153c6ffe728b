"""Kannel's groups -> Relevo's sections. A key that is not carried over is noted; none is dropped in silence."""

from collections.abc import Callable, Mapping
from ipaddress import ip_network

from gateway.cli.conversion.draft import Draft, Keys, positive
from gateway.cli.conversion.kannel_file import Group
from gateway.cli.conversion.kannel_smsc import convert_smsc

_YES = frozenset({"yes", "true", "1", "on"})
_SILENT = frozenset({"concatenation"})  # always so here


def convert(groups: list[Group]) -> Draft:
    """The draft that the groups come to."""
    draft = Draft()
    routing = Routing()
    for group in sorted(groups, key=lambda each: each.kind != "smsc"):  # what others name comes first
        if group.kind == "smsc":
            convert_smsc(group, draft, routing.prefixes)
        elif group.kind == "sendsms-user":
            _sendsms_user(group, draft, routing)
        elif group.kind in _GROUPS:
            _GROUPS[group.kind](group, draft)
        else:
            draft.note(group.place, f"group {group.kind} has no counterpart")
    routing.write(draft)
    return draft


class Routing:
    """What routes are made of, once all groups are read."""

    def __init__(self) -> None:
        self.prefixes: dict[str, dict[str, list[str]]] = {}  # carrier -> allowed | preferred -> prefixes
        self.forced: dict[str, str] = {}  # app -> carrier

    def write(self, draft: Draft) -> None:
        """Apps with a carrier of their own first, then prefixes, then all the others."""
        carriers = list(draft.carriers)
        routes: list[Keys] = draft.config["routes"]
        routes += [{"app": [app], "via": [via]} for app, via in self.forced.items() if via in carriers]
        closed = [name for name in carriers if self.prefixes.get(name, {}).get("allowed")]
        others = [name for name in carriers if name not in closed]
        for name, prefixes in self.prefixes.items():
            if prefixes.get("preferred"):
                behind = [other for other in others if other != name]
                routes.append({"prefix": prefixes["preferred"], "via": [name, *behind]})
            if prefixes.get("allowed"):
                routes.append({"prefix": prefixes["allowed"], "via": [name]})
        if len(others) > 1:
            routes.append({"via": dict.fromkeys(others, 1)})  # Kannel takes equals at random
        elif others:
            routes.append({"via": others})


def _core(group: Group, draft: Draft) -> None:
    keys = dict(group.keys)
    port = keys.pop("admin-port", None)
    if port is not None:
        draft.section("admin")["listen"] = f"127.0.0.1:{port}"
        draft.note(group.where("admin-port"), "admin listens on this machine only; elsewhere it needs a token")
    _leave(group, keys, draft)


def _smsbox(group: Group, draft: Draft) -> None:
    keys = dict(group.keys)
    port = keys.pop("sendsms-port", None)
    if port is not None:
        draft.section("http")["listen"] = f"{keys.pop('sendsms-interface', '0.0.0.0')}:{port}"  # noqa: S104 as Kannel
    sender = keys.pop("global-sender", None)
    if sender:
        for carrier in draft.config["carriers"].values():
            carrier.setdefault("senders", {})["default"] = sender
    _leave(group, keys, draft)


def _sendsms_user(group: Group, draft: Draft, routing: Routing) -> None:
    keys = dict(group.keys)
    user = keys.pop("username", "")
    if not user:
        draft.note(group.place, "group sendsms-user has no username")
        return
    app = draft.app(user, group.place)
    keys.pop("password", None)
    if keys.get("name") == user:
        del keys["name"]
    if "faked-sender" in keys:
        app["senders"] = [keys["faked-sender"]]
        draft.note(group.where("faked-sender"), "another `from` is refused here, where Kannel replaced it")
        del keys["faked-sender"]
    allowed = keys.pop("user-allow-ip", "")
    if allowed:
        app["allow_from"] = _networks(allowed, group, draft)
    if "dlr-url" in keys:
        app["callbacks"] = ["/".join(keys["dlr-url"].split("/", 3)[:3]) + "/*"]
        draft.note(group.where("dlr-url"), f"has to be given with each call now: {keys.pop('dlr-url')}")
    for key in ("forced-smsc", "default-smsc"):
        if key in keys:
            routing.forced.setdefault(draft.name(user, group.place), keys[key])
            if keys.pop(key) not in draft.carriers:
                draft.note(group.where(key), f"{key} names no carrier that is known")
    tps = positive(keys.get("throughput", ""))
    if tps:
        app["tps"] = tps
        del keys["throughput"]
    _leave(group, keys, draft)


def _sms_service(group: Group, draft: Draft) -> None:
    keys = dict(group.keys)
    words = [keys.pop("keyword", "default"), *filter(None, keys.pop("aliases", "").split(";"))]
    if "text" not in keys:
        draft.note(group.place, f"keyword {words[0]}: say in mo_routes which app gets it; its webhook is told, in JSON")
        return
    rule: Keys = {} if words == ["default"] else {"keyword": words}
    draft.config.setdefault("mo_routes", []).append({**rule, "reply": keys.pop("text")})
    _leave(group, keys, draft)


def _opensmppbox(group: Group, draft: Draft) -> None:
    keys = dict(group.keys)
    port = keys.pop("opensmppbox-port", None)
    if port is not None:
        draft.section("smpp")["listen"] = f"0.0.0.0:{port}"
    _leave(group, keys, draft)


_GROUPS: Mapping[str, Callable[[Group, Draft], None]] = {
    "core": _core,
    "smsbox": _smsbox,
    "sms-service": _sms_service,
    "opensmppbox": _opensmppbox,
}


def _networks(text: str, group: Group, draft: Draft) -> list[str]:
    """`10.0.*.*;127.0.0.1` -> networks."""
    networks = []
    for each in filter(None, (part.strip() for part in text.replace(",", ";").split(";"))):
        parts = each.split(".")
        wild = parts.count("*")
        network = each if not wild else ".".join("0" if part == "*" else part for part in parts) + f"/{32 - 8 * wild}"
        try:
            networks.append(str(ip_network(network)))
        except ValueError:
            draft.note(group.where("user-allow-ip"), f"{each} is no network")
    return networks


def _leave(group: Group, keys: Mapping[str, str], draft: Draft) -> None:
    """Note what was not carried over; passwords without their value."""
    for key, value in keys.items():
        if key in _SILENT and value.lower() in _YES:
            continue
        shown = "" if "pass" in key else f" = {value}"
        draft.note(group.where(key), f"{group.kind}: {key}{shown} has no counterpart")
