"""Checks of networks and portability: each code means one network, hosts exist, somebody knows the numbers."""

from collections.abc import Callable, Mapping

from gateway.config.checks.findings import Findings
from gateway.config.fetching import Fetch
from gateway.config.numbering import Network, PlanSource, Portability, TableSource
from gateway.config.schema import Config
from portability.networks import code_form, mccmnc_form, name_form
from portability.zones import outdated

REJECT = "reject"


def check_networks(config: Config, findings: Findings) -> None:
    """Names, codes and MCC-MNC each mean one network; `hosted_by` leads somewhere and never in a circle."""
    networks = config.networks
    if REJECT in networks:
        findings.wrong(("networks", REJECT), "is the word of portability.unknown, expected another name")
    findings.unique([(("networks", key, "name"), name_form(network.name)) for key, network in networks.items()], "name")
    keys = {name_form(key): key for key in networks}
    for key, network in networks.items():
        other = keys.get(name_form(network.name), key)
        if other != key:
            findings.wrong(("networks", key, "name"), f"{network.name!r} is what networks.{other} is called by")
    forms: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("codes", "code", code_form),
        ("mccmnc", "MCC-MNC", mccmnc_form),
    )
    for attribute, what, form in forms:
        places = [
            (("networks", key, attribute, index), form(code))
            for key, network in networks.items()
            for index, code in enumerate(getattr(network, attribute))
        ]
        findings.unique(places, what)
    for key, network in networks.items():
        path = ("networks", key, "hosted_by")
        host = network.hosted_by
        if host is not None and findings.known(path, host, networks, "networks") and _in_circle(key, networks):
            findings.wrong(path, f"{host!r} leads back to {key}, expected hosts that end at a network of its own")


def _in_circle(start: str, networks: Mapping[str, Network]) -> bool:
    seen: set[str] = set()
    name: str | None = start
    while name is not None and name in networks and name not in seen:
        seen.add(name)
        name = networks[name].hosted_by
    return name == start


def check_portability(config: Config, findings: Findings) -> None:
    """Every number comes to an end: a source that is there, or a network for the unknown."""
    portability = config.portability
    unknown = ("portability", "unknown")
    if portability.unknown != REJECT:
        findings.known(unknown, portability.unknown, (REJECT, *config.networks), "networks")
    elif not portability.sources:
        findings.wrong(("portability", "sources"), "is empty, expected a source, or unknown to name a network")
    elif not config.networks:
        findings.warn(("networks",), "is empty, so that every number is refused as unknown_network")
    for name, network in portability.aliases.items():
        findings.known(("portability", "aliases", name), network, config.networks, "networks")
    for index, source in enumerate(portability.sources):
        if isinstance(source, TableSource | PlanSource) and not source.path.is_file():
            path = ("portability", "sources", index, "path")
            findings.warn(path, f"'{source.path}' is not there yet, until then this source knows no number")
    if portability.region == "MX" and (lack := outdated()):
        findings.warn(("portability", "region"), f"needs newer time zones than this machine's (tzdata 2022g): {lack}")
    if portability.fetch is not None:
        _check_fetch(portability, portability.fetch, findings)


def _check_fetch(portability: Portability, fetch: Fetch, findings: Findings) -> None:
    """Files that only `relevo portability fetch` reads are warnings: the gateway runs without them."""
    path = ("portability", "fetch")
    has_table = any(isinstance(source, TableSource) for source in portability.sources)
    if not has_table and findings.sound(("portability", "sources")):
        findings.wrong(path, "has no table to load into, expected a source of type table")
    if fetch.key is None and fetch.password is None:
        findings.wrong((*path, "key"), "is missing, expected key, password or both")
    for name, file in (("known_hosts", fetch.known_hosts), ("key", fetch.key)):
        if file is not None and not file.is_file():
            findings.warn((*path, name), f"'{file}' is not there yet, until then nothing can be fetched")
