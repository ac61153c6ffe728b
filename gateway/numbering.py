"""The configuration's `networks` and `portability` as the objects that answer whose number it is."""

import time
from collections.abc import Callable

import structlog

from gateway.config.numbering import PlanSource, PrefixSource, TableSource
from gateway.config.schema import Config
from portability.networks import Network, Networks
from portability.number import country_code
from portability.plan import Plan, PlanError, read_plan
from portability.prefix import Prefix
from portability.source import NumberingPlan, Resolver, Source
from portability.table import Table

log = structlog.get_logger()


def build_networks(config: Config) -> Networks:
    """The networks by every name that data may call them."""
    return Networks(
        Network(key, network.name, network.mccmnc, network.codes, network.hosted_by)
        for key, network in config.networks.items()
    )


def build_resolver(config: Config, monotonic: Callable[[], float] = time.monotonic) -> Resolver:
    """The sources in the configured order. A file that is missing or broken makes its source answer "not available"."""
    networks = build_networks(config)
    country = country_code(config.portability.region)
    sources: list[Source] = []
    plan: NumberingPlan | None = None
    for source in config.portability.sources:
        match source:
            case TableSource(path=path):
                sources.append(Table(path, networks, monotonic=monotonic, country=country))
            case PlanSource(path=path):
                try:
                    found = Plan(read_plan(path, networks, country=country))
                except PlanError as error:
                    log.warning("plan_not_available", reason=str(error))
                    found = Plan(None, str(error))
                sources.append(found)
                plan = plan or found
            case PrefixSource():
                sources.append(Prefix(networks))
            case _:
                raise TypeError(f"source {source.type} is refused by the configuration's check until it is supported")
    unknown = config.portability.unknown
    return Resolver(sources, unknown=None if unknown == "reject" else unknown, plan=plan)
