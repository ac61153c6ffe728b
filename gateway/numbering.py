"""The configuration's `networks` and `portability` as the objects that answer whose number it is."""

import time
from collections.abc import Callable
from pathlib import Path

import structlog

from gateway.config.numbering import EnumSource, HttpSource, PlanSource, PrefixSource, TableSource
from gateway.config.schema import Config
from portability.cache import Cache
from portability.networks import Network, Networks
from portability.number import country_code
from portability.plan import Plan, PlanError, read_plan
from portability.prefix import Prefix
from portability.remote import AT_ONCE, OnAsked, Outside, Remote
from portability.source import NumberingPlan, Resolver, Source
from portability.table import Table

log = structlog.get_logger()


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
    on_asked: OnAsked | None = None,
) -> Resolver:
    """The sources in the configured order. A file that is missing or broken makes its source answer "not available".

    `on_asked` hears of each question to a source outside. Whoever asks such sources closes the resolver at the end.
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
                sources.append(
                    Remote(
                        _outside(source, networks),
                        Cache(*_cache(config)),
                        timeout_s=source.timeout,
                        monotonic=monotonic,
                        utc=utc,
                        on_asked=on_asked,
                    )
                )
            case PlanSource(path=path):
                found = _plan(path, networks, country)
                sources.append(found)
                plan = plan or found
            case PrefixSource():
                sources.append(Prefix(networks))
    unknown = config.portability.unknown
    return Resolver(sources, unknown=None if unknown == "reject" else unknown, plan=plan)


def configured_plan(config: Config, networks: Networks) -> Plan | None:
    """The plan of the first source of that type; None when there is none or it cannot be read."""
    country = country_code(config.portability.region)
    for source in config.portability.sources:
        if isinstance(source, PlanSource):
            plan = _plan(source.path, networks, country)
            return plan if plan.unavailable is None else None
    return None


def _plan(path: Path, networks: Networks, country: str) -> Plan:
    try:
        return Plan(read_plan(path, networks, country=country))
    except PlanError as error:
        log.warning("plan_not_available", reason=str(error))
        return Plan(None, str(error))


def _outside(source: HttpSource | EnumSource, networks: Networks) -> Outside:
    # Imported here, because both bring a large library that most configurations do without.
    if isinstance(source, HttpSource):
        from portability.http_lookup import HttpLookup  # noqa: PLC0415  see above

        return HttpLookup(source.url, networks, at_once=AT_ONCE)
    from portability.enum_dns import EnumDns  # noqa: PLC0415  see above

    host, port = source.server
    return EnumDns(host, port, source.suffix, networks, timeout_s=source.timeout)


def _cache(config: Config) -> tuple[int, float, float]:
    """Size and ttls of the cache in front of each source outside."""
    cache = config.portability.cache
    return cache.size, cache.ttl, cache.negative_ttl
