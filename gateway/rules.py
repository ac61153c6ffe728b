"""The configuration as the roads read it: what apps may do, how carriers write, which rules route."""

from decimal import Decimal
from zoneinfo import ZoneInfo

from gateway.carriers.building import profile_of
from gateway.config.number_files import read_list
from gateway.config.routing import LeastCost as ByPrice
from gateway.config.routing import Route
from gateway.config.schema import Config
from gateway.explain import Price
from gateway.inbound import InboundRules, spellings
from gateway.intake import AppRules, CarrierRules, Rules
from routes.mo import MoRoutes, MoRule
from routes.mt import MtRoutes, MtRule
from routes.via import LeastCost, Written
from routes.window import window

MAX_PARTS = 10


def build_rules(config: Config) -> Rules:
    """What intake decides by. Reads the files of `to_list`: raises ConfigError where one cannot be read whole."""
    return Rules(
        region=config.portability.region,
        apps={
            name: AppRules(app.lane, app.allowed_lanes, app.senders, app.tps, app.burst)
            for name, app in config.apps.items()
        },
        carriers={
            name: CarrierRules(carrier.senders.allow, carrier.senders.default or "", profile_of(carrier, MAX_PARTS))
            for name, carrier in config.carriers.items()
        },
        routes=MtRoutes(_rule(route, config) for route in config.routes),
        lane_ttl_s={"fast": config.lanes.fast.ttl, "bulk": config.lanes.bulk.ttl},
        max_parts=MAX_PARTS,
    )


def _rule(route: Route, config: Config) -> MtRule:
    time = route.time
    return MtRule(
        via=_via(route, config),
        network=route.network,
        prefix=route.prefix,
        lane=route.lane,
        app=route.app,
        sender=route.sender,
        tag=route.tag,
        to_list=read_list(route.to_list) if route.to_list else None,
        time=None if time is None else window(time.from_, time.to, time.days, ZoneInfo(time.zone)),
        deny=route.deny,
    )


def _via(route: Route, config: Config) -> Written:
    if not isinstance(route.via, ByPrice):
        return route.via
    prices: dict[str, Decimal] = {}
    for name in route.via.least_cost:
        price = config.carriers[name].price
        if price is None:
            raise TypeError(f"carrier {name} has no price; the configuration's check refuses that")
        prices[name] = price.per_segment
    return LeastCost(prices)


def build_prices(config: Config) -> dict[str, Price]:
    """What carriers ask for a segment, of those that say."""
    return {
        name: Price(carrier.price.currency, carrier.price.per_segment)
        for name, carrier in config.carriers.items()
        if carrier.price is not None
    }


def build_inbound_rules(config: Config) -> InboundRules:
    """What the road back of subscribers' messages decides by."""
    region = config.portability.region
    ours = spellings(_our_numbers(config), region)
    senders = {name: {ours[number] for number in app.senders} for name, app in config.apps.items()}

    def apps_that_send_as(number: str) -> tuple[str, ...]:
        """Apps whose senders name the number, in whatever spelling; those with no list may send as anything."""
        return tuple(name for name, allowed in senders.items() if not allowed or number in allowed)

    return InboundRules(
        region=region,
        routes=MoRoutes(
            MoRule(
                to=[ours[number] for number in rule.to],
                keyword=rule.keyword,
                app=rule.app,
                opt_out=rule.opt_out,
                reply=rule.reply,
            )
            for rule in config.mo_routes
        ),
        senders=apps_that_send_as,
        ours=ours,
    )


def _our_numbers(config: Config) -> list[str]:
    """Every number of ours that the configuration names; apps' spellings first, for that is how replies go out."""
    found = [number for app in config.apps.values() for number in app.senders]
    for carrier in config.carriers.values():
        found += carrier.senders.allow
        found += [carrier.senders.default] if carrier.senders.default else []
    return found + [number for rule in config.mo_routes for number in rule.to]
