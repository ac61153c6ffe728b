"""Checks of routes, lanes and mo_routes: every name is known, every rule can be reached and does something."""

from collections.abc import Mapping

from gateway.config.checks.findings import Findings
from gateway.config.problems import KeyPath
from gateway.config.routing import MoRoute, Route
from gateway.config.schema import Config


def check_routes(config: Config, findings: Findings) -> None:
    """Routes name what exists and lead to carriers that can transmit; nothing declared is left without a way."""
    if not config.routes:
        findings.wrong(("routes",), "is empty, expected at least one route")
    for index, route in enumerate(config.routes):
        _check_route(("routes", index), route, config, findings)
    _check_reach(config, findings)
    _check_networks_served(config, findings)
    used = {carrier for route in config.routes for carrier in route.via}
    for carrier in config.carriers:
        if config.routes and carrier not in used:
            findings.warn(("carriers", carrier), "is in no route, so that nothing is sent with it")


def _check_route(path: KeyPath, route: Route, config: Config, findings: Findings) -> None:
    via = (*path, "via")
    if not route.via:
        findings.wrong(via, "is empty, expected at least one carrier")
    if not isinstance(route.via, Mapping):
        findings.unique([((*via, index), carrier) for index, carrier in enumerate(route.via)], "carrier")
    for place, carrier in enumerate(route.via):
        where = (*via, carrier if isinstance(route.via, Mapping) else place)
        if not findings.known(where, carrier, config.carriers, "carriers"):
            continue
        binds = config.carriers[carrier].binds
        if binds and not any(bind.transmits for bind in binds):
            findings.wrong(where, f"{carrier!r} has only receivers, expected a transceiver or transmitter to send by")
    for place, network in enumerate(route.network):
        findings.known((*path, "network", place), network, config.networks, "networks")
    for place, app in enumerate(route.app):
        findings.known((*path, "app", place), app, config.apps, "apps")


def _conditions(rule: Route | MoRoute) -> tuple[tuple[str, ...], ...]:
    if isinstance(rule, Route):
        return (rule.network, rule.prefix, rule.lane, rule.app)
    return (rule.to, rule.keyword)


def _check_reach(config: Config, findings: Findings) -> None:
    tables: tuple[tuple[str, tuple[Route | MoRoute, ...]], ...] = (
        ("routes", config.routes),
        ("mo_routes", config.mo_routes),
    )
    for section, rules in tables:
        for index, rule in enumerate(rules[:-1]):
            if not any(_conditions(rule)):
                findings.warn((section, index), "has no condition, so that the rules after it are never reached")
                break


def _check_networks_served(config: Config, findings: Findings) -> None:
    if not config.routes or any(not route.network for route in config.routes):
        return
    served = {network for route in config.routes for network in route.network}
    for name in config.networks:
        step: str | None = name
        seen: set[str] = set()
        while step is not None and step not in served and step not in seen:
            seen.add(step)
            network = config.networks.get(step)
            step = network.hosted_by if network else None
        if step is None:
            findings.warn(("networks", name), "has no route, so that its messages are refused as no_route")


def check_lanes(config: Config, findings: Findings) -> None:
    """Weights are of apps that exist."""
    for lane, share in (("fast", config.lanes.fast.share), ("bulk", config.lanes.bulk.share)):
        for app in share:
            findings.known(("lanes", lane, "share", app), app, config.apps, "apps")


def check_mo_routes(config: Config, findings: Findings) -> None:
    """Inbound rules name apps that exist, and do something."""
    for index, rule in enumerate(config.mo_routes):
        path = ("mo_routes", index)
        if rule.app is not None:
            findings.known((*path, "app"), rule.app, config.apps, "apps")
        elif not rule.opt_out and rule.reply is None:
            findings.wrong(path, "does nothing, expected app, opt_out or reply")
        for place, keyword in enumerate(rule.keyword):
            if len(keyword.split()) != 1:
                findings.wrong((*path, "keyword", place), f"{keyword!r} can never be the first word, expected one word")
