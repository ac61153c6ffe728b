"""Checks of routes, lanes and mo_routes: every name is known, every rule can be reached and does something."""

from collections.abc import Iterator, Mapping

from gateway.config.checks.findings import Findings
from gateway.config.checks.hours import check_hours
from gateway.config.checks.reach import check_reach
from gateway.config.number_files import bad_line, read_file
from gateway.config.problems import KeyPath
from gateway.config.routing import LeastCost, Route
from gateway.config.schema import Config

_SHOWN_LINES = 10  # bad lines of one file that are named


def check_routes(config: Config, findings: Findings) -> None:
    """Routes name what exists and lead to carriers that can transmit; nothing declared is left without a way."""
    if not config.routes:
        findings.wrong(("routes",), "is empty, expected at least one route")
    for index, route in enumerate(config.routes):
        _check_route(("routes", index), route, config, findings)
    check_reach(config, findings)
    used = {carrier for route in config.routes for carrier in route.carriers}
    for carrier in config.carriers:
        if config.routes and carrier not in used:
            findings.warn(("carriers", carrier), "is in no route, so that nothing is sent with it")


def _check_route(path: KeyPath, route: Route, config: Config, findings: Findings) -> None:
    _check_via(path, route, config, findings)
    for place, network in enumerate(route.network):
        findings.known((*path, "network", place), network, config.networks, "networks")
    for place, app in enumerate(route.app):
        findings.known((*path, "app", place), app, config.apps, "apps")
    if route.time is not None:
        check_hours((*path, "time"), route.time, findings)
    for place, file in enumerate(route.to_list):
        where = (*path, "to_list", place)
        findings.readable(where, file)
        if findings.sound(where):
            _check_list(where, route, place, findings)


def _check_via(path: KeyPath, route: Route, config: Config, findings: Findings) -> None:
    via = (*path, "via")
    if route.deny:
        if route.carriers:
            findings.wrong(via, "leads somewhere although the route denies, expected either via or deny")
        return
    if not route.carriers and findings.sound((*path, "deny")):
        findings.wrong(via, "is empty, expected at least one carrier, or deny in its place")
    places = list(_places(via, route))
    if not isinstance(route.via, Mapping):
        findings.unique(places, "carrier")
    for where, carrier in places:
        if not findings.known(where, carrier, config.carriers, "carriers"):
            continue
        binds = config.carriers[carrier].binds
        if binds and not any(bind.transmits for bind in binds):
            findings.wrong(where, f"{carrier!r} has only receivers, expected a transceiver or transmitter to send by")
    if isinstance(route.via, LeastCost):
        _check_prices(places, config, findings)


def _places(via: KeyPath, route: Route) -> Iterator[tuple[KeyPath, str]]:
    """Where each carrier of a route is named."""
    inside = (*via, "least_cost") if isinstance(route.via, LeastCost) else via
    for place, carrier in enumerate(route.carriers):
        yield (*inside, carrier if isinstance(route.via, Mapping) else place), carrier


def _check_prices(places: list[tuple[KeyPath, str]], config: Config, findings: Findings) -> None:
    """What is to be compared has a price, all in one currency."""
    currency, said_by = "", ""
    for where, carrier in places:
        if carrier not in config.carriers or not findings.sound(("carriers", carrier, "price")):
            continue
        price = config.carriers[carrier].price
        if price is None:
            findings.wrong(where, f"{carrier!r} has no price to compare, expected one at carriers.{carrier}.price")
        elif currency and price.currency != currency:
            expected = f"expected {currency} as for {said_by}"
            findings.wrong(where, f"{carrier!r} has its price in {price.currency}, {expected}")
        else:
            currency, said_by = price.currency, said_by or carrier


def _check_list(where: KeyPath, route: Route, place: int, findings: Findings) -> None:
    file = route.to_list[place]
    try:
        good, bad = read_file(file)
    except (OSError, ValueError) as error:
        findings.wrong(where, f"'{file}' cannot be read as a text in UTF-8: {error}")
        return
    if bad:
        lines = "; ".join(f"line {line.line}: {bad_line(line)}" for line in bad[:_SHOWN_LINES])
        more = f"; {len(bad) - _SHOWN_LINES} more" if len(bad) > _SHOWN_LINES else ""
        findings.wrong(where, f"'{file}' {lines}{more}")
    elif not good:
        findings.warn(where, f"'{file}' lists no number, so that the route never holds")


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
