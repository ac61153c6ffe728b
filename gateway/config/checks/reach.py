"""Which messages get to which rule: rules that none gets to, and networks that have no rule.

A rule is seen as a box over what is configured (networks, lanes, apps), and by its other conditions, which are another
for each message. A rule is hidden when boxes of rules before it, none of which asks more than it does, cover its own.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from gateway.config.checks.findings import Findings
from gateway.config.problems import KeyPath
from gateway.config.routing import Route
from gateway.config.schema import Config

LANES = ("fast", "bulk")
R = TypeVar("R")


class Box(NamedTuple):
    """Messages by what is known beforehand; empty where a side is."""

    networks: frozenset[str]
    lanes: frozenset[str]
    apps: frozenset[str]

    def meets(self, other: "Box") -> bool:
        """Whether some message is in both."""
        return not (
            self.networks.isdisjoint(other.networks)
            or self.lanes.isdisjoint(other.lanes)
            or self.apps.isdisjoint(other.apps)
        )

    def without(self, other: "Box") -> list["Box"]:
        """What is left of it outside of another: up to three boxes that do not meet."""
        left: list[Box] = []
        inside = self
        for side in Box._fields:
            mine, theirs = getattr(inside, side), getattr(other, side)
            if mine - theirs:
                left.append(inside._replace(**{side: mine - theirs}))
            inside = inside._replace(**{side: mine & theirs})
        return left if all(inside) else [self]


def check_reach(config: Config, findings: Findings) -> None:
    """Warns of rules that nothing gets to, and of networks without one."""
    open_end = _first_open(config.routes, lambda rule: (rule.network, rule.lane, rule.app, *_others(rule)))
    if open_end is not None:
        findings.warn(("routes", open_end), "has no condition, so that the rules after it are never reached")
    boxes = [_box(route, config) for route in config.routes]
    for index, route in enumerate(config.routes[: open_end if open_end is None else open_end + 1]):
        _check_possible(("routes", index), route, config, findings)
        hiding = _hiding(index, config.routes, boxes)
        if hiding:
            before = f"routes[{hiding[0]}] takes" if len(hiding) == 1 else "rules before it take"
            findings.warn(("routes", index), f"is never reached: {before} every message that it would")
    mo_end = _first_open(config.mo_routes, lambda rule: (rule.to, rule.keyword))
    if mo_end is not None:
        findings.warn(("mo_routes", mo_end), "has no condition, so that the rules after it are never reached")
    _check_networks_served(config, findings)


def _first_open(rules: Sequence[R], conditions: Callable[[R], Iterable[object]]) -> int | None:
    """Place of the first rule without a condition, if it is not the last."""
    return next((index for index, rule in enumerate(rules[:-1]) if not any(conditions(rule))), None)


def _others(route: Route) -> tuple[object, ...]:
    return (route.prefix, route.sender, route.tag, route.to_list, route.time)


def _box(route: Route, config: Config) -> Box:
    return Box(
        frozenset(route.network or config.networks),
        frozenset(route.lane or LANES),
        frozenset(route.app or config.apps),
    )


def _asks_no_more(wide: Route, narrow: Route) -> bool:
    """Whether each condition of `wide` that looks at the message holds wherever those of `narrow` do."""
    return (
        (not wide.prefix or _prefixes_within(narrow.prefix, wide.prefix))
        and (not wide.sender or _within(narrow.sender, wide.sender))
        and (not wide.tag or _within(narrow.tag, wide.tag))
        and (not wide.to_list or _within(narrow.to_list, wide.to_list))
        and (wide.time is None or wide.time == narrow.time)
    )


def _within(narrow: Sequence[object], wide: Sequence[object]) -> bool:
    return bool(narrow) and set(narrow) <= set(wide)


def _prefixes_within(narrow: Sequence[str], wide: Sequence[str]) -> bool:
    starts = tuple(start.removeprefix("+") for start in wide)
    return bool(narrow) and all(start.removeprefix("+").startswith(starts) for start in narrow)


def _hiding(index: int, routes: Sequence[Route], boxes: Sequence[Box]) -> list[int]:
    """The rules before one that together take all its messages; none where some are left to it."""
    route, box = routes[index], boxes[index]
    left = [box]
    hiding: list[int] = []
    for place, other in enumerate(boxes[:index]):
        if not box.meets(other) or not _asks_no_more(routes[place], route):  # most do not meet; a reload waits for this
            continue
        now = [part for rest in left for part in rest.without(other)]
        if now != left:
            hiding.append(place)
            left = now
        if not left:
            return hiding
    return []


def _check_possible(path: KeyPath, route: Route, config: Config, findings: Findings) -> None:
    """Conditions that no message can meet together, as apps are configured."""
    apps = [config.apps[name] for name in route.app or config.apps if name in config.apps]
    if not apps or not findings.sound(path):
        return
    if route.lane and not any(lane in app.allowed_lanes for app in apps for lane in route.lane):
        findings.warn((*path, "lane"), f"is never met: no app of the route may use {_or(route.lane)}")
    if route.sender and not any(not app.senders or set(app.senders) & set(route.sender) for app in apps):
        findings.warn((*path, "sender"), f"is never met: no app of the route may send as {_or(route.sender)}")
    allowed = [config.carriers[name].senders.allow for name in route.carriers if name in config.carriers]
    if route.sender and allowed and all(senders and not set(senders) & set(route.sender) for senders in allowed):
        findings.warn((*path, "sender"), f"is always refused: no carrier of the route sends as {_or(route.sender)}")


def _or(names: Iterable[str]) -> str:
    return " or ".join(names)


def _check_networks_served(config: Config, findings: Findings) -> None:
    """Each network, or a host of it, has a rule for every lane that an app may use; its other conditions may hold."""
    if not findings.sound(("routes",), ("networks",), ("apps",)):
        return
    for name in config.networks if config.routes else ():
        chain = _chain(name, config)
        ways = [route for route in config.routes if not route.network or set(route.network) & chain]
        if not any(route.carriers for route in ways):
            findings.warn(("networks", name), "has no route, so that its messages are refused as no_route")
            continue
        for lane in LANES:
            apps = [app for app, its in config.apps.items() if lane in its.allowed_lanes]
            reached = {app for way in ways if lane in (way.lane or LANES) for app in way.app or config.apps}
            without = [app for app in apps if app not in reached]
            if without:
                findings.warn(("networks", name), f"has no route for {lane} messages of {', '.join(without)}")


def _chain(name: str, config: Config) -> set[str]:
    """A network, its host, the host's host."""
    found: set[str] = set()
    step: str | None = name
    while step is not None and step not in found:
        found.add(step)
        network = config.networks.get(step)
        step = network.hosted_by if network else None
    return found
