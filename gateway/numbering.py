"""The configuration's `networks` and `portability` as the objects that answer whose number it is."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

import structlog

from gateway.config.numbering import EnumSource, HttpSource, PlanSource, PrefixSource, TableSource
from gateway.config.schema import Config
from portability.cache import Cache
from portability.networks import Network, Networks
from portability.number import country_code
from portability.plan import Plan, PlanError, PlanReport, Ranges, identity, read_plan
from portability.prefix import Prefix
from portability.remote import AT_ONCE, OnAsked, Outside, Remote
from portability.source import NumberingPlan, Resolver, Source
from portability.table import Table

log = structlog.get_logger()

SHOWN_HOLDERS = 20


class _Options(TypedDict):
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
    on_asked: OnAsked | None = None,
    around: int | None = None,
) -> Resolver:
    """The sources in the configured order. A file that is missing or broken makes its source answer "not available".

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
                found = _plan(config, path, networks, around)
                sources.append(found)
                plan = plan or found
            case PrefixSource():
                sources.append(Prefix(networks))
    unknown = config.portability.unknown
    return Resolver(sources, unknown=None if unknown == "reject" else unknown, plan=plan)


def configured_plan(config: Config, networks: Networks) -> Plan | None:
    """The plan of the first source of that type; None when there is none or it cannot be read."""
    for source in config.portability.sources:
        if isinstance(source, PlanSource):
            plan = _plan(config, source.path, networks, None)
            return plan if plan.unavailable is None else None
    return None


async def renew_plans(config: Config, resolver: Resolver) -> list[str]:
    """Takes over plans whose file is another than the one that was read; a line for each. `resolver` is the one built
    of this configuration's `portability`.

    In a process of its own, for it is more than a second of work. A plan that cannot be used, or has lost a tenth of
    its rows, is refused in the log, and the one in use stays.
    """
    taken: list[str] = []
    for source, plan in zip(config.portability.sources, resolver.sources, strict=True):
        if not isinstance(source, PlanSource) or not isinstance(plan, Plan) or not _changed(source.path, plan):
            continue
        try:
            ranges = await _read_apart(config, source.path, plan.ranges.report if plan.ranges else None)
        except PlanError as error:
            log.error("plan_refused", reason=str(error))
            continue
        plan.take(ranges)
        _say(source.path, ranges.report)
        taken.append(f"{source.path}: a plan of {ranges.report.rows} rows")
    return taken


def _changed(path: Path, plan: Plan) -> bool:
    try:
        found = identity(path.stat())
    except OSError as error:
        log.error("plan_refused", reason=f"{path}: {error.strerror}")
        return False
    return plan.ranges is None or plan.ranges.file != found


async def _read_apart(config: Config, path: Path, in_use: PlanReport | None) -> Ranges:
    """Raises PlanError."""
    # Imported here, for they are a tenth of what every command pays to start.
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor  # noqa: PLC0415  see above
    from multiprocessing import get_context  # noqa: PLC0415  see above

    # Not forked: a copy of this process would hold its sockets. Its end is not waited for, which would take the loop.
    process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))
    try:
        reading = process.submit(read_plan, path, build_networks(config), **_options(config), in_use=in_use)
        return await asyncio.wrap_future(reading)
    except BrokenProcessPool as error:
        raise PlanError(f"{path}: the process that read it has died") from error
    finally:
        process.shutdown(wait=False, cancel_futures=True)


def read_configured(
    config: Config,
    path: Path,
    networks: Networks,
    *,
    in_use: PlanReport | None = None,
    around: int | None = None,
) -> Ranges:
    """The plan in a file, as the configuration has it read. Raises PlanError."""
    return read_plan(path, networks, **_options(config), in_use=in_use, around=around)


def _options(config: Config) -> _Options:
    return {"country": country_code(config.portability.region), "aliases": dict(config.portability.aliases)}


def _plan(config: Config, path: Path, networks: Networks, around: int | None) -> Plan:
    try:
        plan = Plan(read_configured(config, path, networks, around=around))
    except PlanError as error:
        log.warning("plan_not_available", reason=str(error))
        return Plan(None, str(error))
    if plan.ranges is not None and around is None:
        _say(path, plan.ranges.report)
    return plan


def _say(path: Path, report: PlanReport) -> None:
    """What somebody should look at: rows that are left out, holders whose subscribers no route reaches."""
    if report.bad_rows:
        log.warning("plan_rows_bad", plan=str(path), rows=report.bad_rows, first=str(report.bad[0]))
    unknown = report.unknown_holders
    if unknown:
        largest = dict(list(unknown.items())[:SHOWN_HOLDERS])
        log.warning("plan_holders_unknown", plan=str(path), holders=len(unknown), mobiles=sum(unknown.values()),
                    largest=largest)  # fmt: skip


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
