"""What the roads read out of a configuration."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config import Config, ConfigError, parse
from gateway.numbering import build_networks, build_resolver
from gateway.rules import MAX_PARTS, build_inbound_rules, build_rules
from gateway.text.data_coding import Alphabet
from gateway.text.segments import LongMessages
from portability.answer import Answer
from portability.load import load
from routes.facts import MoFacts, MtFacts

BIND = {"host": "127.0.0.1", "system_id": "acme", "password": "secret"}
DOCUMENT: dict[str, Any] = {
    "networks": {"telcel": {"name": "Telcel", "codes": ["188"]}},
    "carriers": {
        "telcel": {
            "binds": [{"name": "telcel-1", "port": 2801, **BIND}],
            "alphabet": "latin1",
            "long_messages": "sar",
            "ucs2": False,
            "senders": {"allow": ["45555", "+525500001111"], "default": "45555"},
        },
        "att": {"binds": [{"name": "att-1", "port": 2802, **BIND}]},
    },
    "routes": [{"network": ["telcel"], "via": ["telcel", "att"]}],
    "lanes": {"fast": {"ttl": "2m"}},
    "apps": {
        "bank": {
            "system_id": "bank",
            "password": "pw",
            "lane": "fast",
            "lanes": ["fast", "bulk"],
            "senders": ["+525500001111"],
        },
        "shop": {"system_id": "shop", "password": "pw", "tps": 7},
        "news": {"system_id": "news", "password": "pw", "senders": ["5500001111"]},
    },
    "mo_routes": [
        {"to": "60000", "keyword": ["ALTA"], "app": "shop"},
        {"to": "525500001111", "app": "news"},
        {"app": "bank"},
    ],
}


def config() -> Config:
    return parse(yaml.safe_dump(DOCUMENT), "relevo.yaml", Path("/"), {}).config


def test_rules_of_intake_are_those_of_the_configuration() -> None:
    rules = build_rules(config())

    assert (rules.region, rules.max_parts, rules.lane_ttl_s) == ("MX", MAX_PARTS, {"fast": 120.0, "bulk": 172_800.0})
    bank, shop = rules.apps["bank"], rules.apps["shop"]
    assert (bank.lane, set(bank.lanes), bank.senders) == ("fast", {"fast", "bulk"}, ("+525500001111",))
    assert (shop.tps, shop.burst, shop.senders) == (7, None, ())
    telcel = rules.carriers["telcel"]
    assert (telcel.allow, telcel.default) == (("45555", "+525500001111"), "45555")
    profile = telcel.profile
    assert (profile.alphabet, profile.long_messages, profile.ucs2) == (Alphabet.LATIN1, LongMessages.SAR, False)
    choice = rules.routes.choose(MtFacts("telcel", (), "525512345678", "bank", "fast", ""), lambda carrier: True, 0.5)
    assert choice.carriers == ("telcel", "att")


def test_rules_of_the_way_back_know_our_numbers_in_every_spelling() -> None:
    rules = build_inbound_rules(config())

    assert {form: rules.ours[form] for form in ("525500001111", "5500001111", "45555", "60000")} == {
        "525500001111": "+525500001111",
        "5500001111": "+525500001111",
        "45555": "45555",
        "60000": "60000",
    }


def test_apps_that_may_send_as_a_number_are_found_whatever_their_spelling() -> None:
    rules = build_inbound_rules(config())

    assert rules.senders("+525500001111") == ("bank", "news", "shop")
    assert rules.senders("45555") == ("shop",)


def test_rules_of_the_way_back_choose_as_configured() -> None:
    rules = build_inbound_rules(config())
    routes = rules.routes

    assert routes.choose(MoFacts(rules.ours["5500001111"], "hola")).app == "news"
    assert routes.choose(MoFacts("60000", "alta ya")).app == "shop"
    assert routes.choose(MoFacts("60000", "hola")).app == "bank"


def test_rules_of_a_route_ask_for_all_that_it_says(tmp_path: Path) -> None:
    (tmp_path / "premium.txt").write_text("+3718  # premium\n")
    routes = [
        {"to_list": "premium.txt", "deny": True},
        {"tag": "night", "time": {"zone": "UTC", "from": "22:00", "to": "06:00"}, "sender": "BANCO", "via": "att"},
        {"via": {"least_cost": ["telcel", "att"]}},
    ]
    document = copy.deepcopy(DOCUMENT) | {"routes": routes}
    for carrier, price in (("telcel", "0.20"), ("att", "0.18")):
        document["carriers"][carrier]["price"] = {"currency": "MXN", "per_segment": price}
    rules = build_rules(parse(yaml.safe_dump(document), "relevo.yaml", tmp_path, {}).config).routes
    asked = MtFacts("telcel", (), "525512345678", "bank", "fast", "BANCO", ("night",), 23 * 3600.0)

    chosen = [
        rules.choose(facts, lambda carrier: True, 0.5)
        for facts in (asked, asked._replace(at=12 * 3600.0), asked._replace(number="37181234567"))
    ]

    assert chosen == [(("att",), 1), (("att", "telcel"), 2), ((), 0)]
    assert rules.denial(0) == "denied"


@pytest.mark.parametrize(
    ("routes", "rule"),
    [
        ([{"network": "telcel", "via": "telcel"}, {"network": "att", "via": "att"}], 1),
        ([{"network": "telcel", "via": "telcel"}], 0),
        ([{"network": "att", "via": "att"}, {"network": "weex", "via": "telcel"}], 1),
    ],
    ids=["the switch's network before hosted_by", "hosted_by where the switch's has no route", "a route before both"],
)
def test_number_of_an_mvno_goes_by_its_own_route_then_its_switch_then_its_host(
    routes: list[dict[str, Any]], rule: int, tmp_path: Path
) -> None:
    networks = {
        "telcel": {"name": "Telcel", "codes": ["188"], "mccmnc": ["33402"]},
        "att": {"name": "AT&T", "codes": ["156"]},
        "weex": {"name": "Weex", "codes": ["901"], "hosted_by": "telcel"},
    }
    portability = {"sources": [{"type": "table", "path": "ported.db"}]}
    document = copy.deepcopy(DOCUMENT) | {"routes": routes, "networks": networks, "portability": portability}
    config = parse(yaml.safe_dump(document), "relevo.yaml", tmp_path, {}).config
    (tmp_path / "ported.csv").write_text("number,rida,rcr\n525512345678,901,156\n")
    load(tmp_path / "ported.csv", tmp_path / "ported.db", build_networks(config), now=0.0)

    answer = build_resolver(config).resolve_now(525512345678)

    assert isinstance(answer, Answer)
    assert (answer.network, answer.hosts) == ("weex", ("att", "telcel"))
    facts = MtFacts("weex", answer.hosts, "525512345678", "bank", "fast")
    assert build_rules(config).routes.choose(facts, lambda carrier: True, 0.5).rule == rule
    assert build_networks(config).by_mccmnc("334-020") == build_networks(config).by_mccmnc("33402") == "telcel"


def test_rules_are_not_built_of_a_list_that_is_gone_or_wrong(tmp_path: Path) -> None:
    (tmp_path / "premium.txt").write_text("+3718\n")
    document = DOCUMENT | {"routes": [{"to_list": "premium.txt", "deny": True}, {"via": "telcel"}]}
    config = parse(yaml.safe_dump(document), "relevo.yaml", tmp_path, {}).config

    (tmp_path / "premium.txt").write_text("+3718\npremium\n")
    with pytest.raises(ConfigError, match=r"premium.txt:2: to_list: 'premium' is no number"):
        build_rules(config)
    (tmp_path / "premium.txt").unlink()
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        build_rules(config)
