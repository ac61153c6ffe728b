"""The configuration as the roads read it: what apps may do, how carriers write, which rules route."""

from gateway.carriers.building import profile_of
from gateway.config.schema import Config
from gateway.explain import Price
from gateway.inbound import InboundRules, spellings
from gateway.intake import AppRules, CarrierRules, Rules
from routes.mo import MoRoutes, MoRule
from routes.mt import MtRoutes, MtRule

MAX_PARTS = 10


def build_rules(config: Config) -> Rules:
    """What intake decides by."""
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
        routes=MtRoutes(
            MtRule(via=route.via, network=route.network, prefix=route.prefix, lane=route.lane, app=route.app)
            for route in config.routes
        ),
        lane_ttl_s={"fast": config.lanes.fast.ttl, "bulk": config.lanes.bulk.ttl},
        max_parts=MAX_PARTS,
    )


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
