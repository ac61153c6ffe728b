"""The configuration's `networks` and `portability` as the objects that answer whose number it is."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from gateway.config.numbering import EnumSource, HttpSource, PlanSource, PrefixSource, TableSource
from gateway.config.schema import Config
from portability.networks import Network, Networks
from portability.number import country_code
from portability.plan import Plan, PlanError, PlanReport, Ranges, read_plan
from portability.prefix import Prefix
from portability.source import NumberingPlan, Resolver, Source
from portability.table import Table

if TYPE_CHECKING:
    from portability.remote import OnAsked, Outside


class PlanOptions(TypedDict):
    """Arguments of `read_plan`: the country code of numbers of ten digits, holders' names."""

    country: str
    aliases: dict[str, str]


def build_networks(config: Config) -> Networks:
    """The networks by every name that data may call them."""
    return Networks(
        Network(key, network.name, network.mccmnc, network.codes, network.hosted_by)
        for key, network in config.networks.items()
    )


def build_resolver(
    config: Config,
    monotonic: Callable[[], float] = time.monotonic,
    utc: Callable[[], float] = time.time,
    on_asked: "OnAsked | None" = None,
    around: int | None = None,
) -> Resolver:
    """The sources in the configured order. One whose file is missing or broken is not available and says why.

    `on_asked` hears of each question to a source outside; `around` is the only E.164 number that will be asked for, if
    given. Whoever asks sources outside closes the resolver at the end.
    """
    networks = build_networks(config)
    country = country_code(config.portability.region)
    sources: list[Source] = []
    plan: NumberingPlan | None = None
    for source in config.portability.sources:
        match source:
            case TableSource(path=path):
                sources.append(Table(path, networks, monotonic=monotonic, country=country))
            case HttpSource() | EnumSource():
                sources.append(_remote(config, source, networks, monotonic, utc, on_asked))
            case PlanSource(path=path):
                found = _plan(config, path, networks, around)
                sources.append(found)
                plan = plan or found
            case PrefixSource():
                sources.append(Prefix(networks))
    unknown = config.portability.unknown
    return Resolver(sources, unknown=None if unknown == "reject" else unknown, plan=plan)


def configured_plan(config: Config, networks: Networks) -> Plan | None:
    """The plan of the first source of that type; None when there is none. `Plan.unavailable` says why it cannot be
    used, if it cannot."""
    for source in config.portability.sources:
        if isinstance(source, PlanSource):
            return _plan(config, source.path, networks, None)
    return None


def read_configured(
    config: Config,
    path: Path,
    networks: Networks,
    *,
    in_use: PlanReport | None = None,
    around: int | None = None,
) -> Ranges:
    """The plan in a file, as the configuration has it read. Raises PlanError."""
    return read_plan(path, networks, **plan_options(config), in_use=in_use, around=around)


def plan_options(config: Config) -> PlanOptions:
    """How the configuration has plans read: arguments of `read_plan`."""
    return {"country": country_code(config.portability.region), "aliases": dict(config.portability.aliases)}


def _plan(config: Config, path: Path, networks: Networks, around: int | None) -> Plan:
    try:
        return Plan(read_configured(config, path, networks, around=around))
    except PlanError as error:
        return Plan(None, str(error))


def _remote(
    config: Config,
    source: HttpSource | EnumSource,
    networks: Networks,
    monotonic: Callable[[], float],
    utc: Callable[[], float],
    on_asked: "OnAsked | None",
) -> Source:
    # Imported here, because it brings asyncio, and what it asks by brings a larger library: most configurations, and so
    # most of the times that `relevo lookup` is started, do without.
    from portability.cache import Cache  # noqa: PLC0415  see above
    from portability.remote import Remote  # noqa: PLC0415  see above

    kept = config.portability.cache
    return Remote(
        _outside(source, networks),
        Cache(kept.size, kept.ttl, kept.negative_ttl),
        timeout_s=source.timeout,
        monotonic=monotonic,
        utc=utc,
        on_asked=on_asked,
    )


def _outside(source: HttpSource | EnumSource, networks: Networks) -> "Outside":
    if isinstance(source, HttpSource):
        from portability.http_lookup import HttpLookup  # noqa: PLC0415  see _remote
        from portability.remote import AT_ONCE  # noqa: PLC0415  see _remote

        return HttpLookup(source.url, networks, at_once=AT_ONCE)
    from portability.enum_dns import EnumDns  # noqa: PLC0415  see _remote

    host, port = source.server
    return EnumDns(host, port, source.suffix, networks, timeout_s=source.timeout)
