"""What only shows when several keys are looked at together."""

import os
from pathlib import Path
from typing import Any

import pytest

from tests.config.documents import GONE, HASH, OTHER_HASH, SIGNING_SECRET, SMALL, changed, lines, read, warnings

BIND = SMALL["carriers"]["telcel"]["binds"][0]
TELCEL = "carriers.telcel"

PROBLEMS: list[tuple[list[tuple[str, Any]], str]] = [
    (
        [("networks.weex.hosted_by", "telcell")],
        "networks.weex.hosted_by: 'telcell' is not in networks, did you mean telcel?",
    ),
    ([("networks.telcel.hosted_by", "telcel")], "networks.telcel.hosted_by: 'telcel' leads back to telcel"),
    ([("networks.weex.codes", ["188"])], "networks.weex.codes[0]: has the same code as networks.telcel.codes[0]"),
    ([("networks.weex.name", "TELCEL")], "networks.weex.name: has the same name as networks.telcel.name"),
    ([("networks.weex.codes", ["0188"])], "networks.weex.codes[0]: has the same code as networks.telcel.codes[0]"),
    (
        [("networks.telcel.mccmnc", ["334020"]), ("networks.weex.mccmnc", ["33402"])],
        "networks.weex.mccmnc[0]: has the same MCC-MNC as networks.telcel.mccmnc[0]",
    ),
    (
        [("networks.telcel.name", "Dipsa"), ("networks.weex.name", "Tel-Cél")],
        "networks.weex.name: 'Tel-Cél' is what networks.telcel is called by",
    ),
    (
        [("networks.reject", {"name": "R"})],
        "networks.reject: is the word of portability.unknown, expected another name",
    ),
    (
        [("portability.unknown", "att")],
        "portability.unknown: 'att' is not in networks, expected one of reject, telcel, weex",
    ),
    (
        [("portability.aliases", {"DIPSA": "telcl"})],
        "portability.aliases.DIPSA: 'telcl' is not in networks, did you mean telcel?",
    ),
    ([("portability.sources", [])], "portability.sources: is empty, expected a source, or unknown to name a network"),
    ([("carriers", {})], "carriers: is empty, expected at least one carrier"),
    ([("carriers.none", {"binds": [BIND | {"name": "n"}]})], "carriers.none: is what metrics call no carrier at all"),
    ([(f"{TELCEL}.binds", [])], "carriers.telcel.binds: is empty, expected at least one bind"),
    (
        [(f"{TELCEL}.binds", [BIND, BIND])],
        "carriers.telcel.binds[1].name: has the same name as carriers.telcel.binds[0]",
    ),
    (
        [("carriers.att", {"binds": [BIND]})],
        "carriers.att.binds[0].name: has the same name as carriers.telcel.binds[0].name",
    ),
    ([(f"{TELCEL}.senders", {"allow": ["1"], "default": "2"})], "carriers.telcel.senders.default: '2' is not in allow"),
    ([(f"{TELCEL}.reconnect", {"min": "5s", "max": "1s"})], "carriers.telcel.reconnect.min: is longer than max"),
    (
        [(f"{TELCEL}.tlvs", {0x0424: "x"})],
        "carriers.telcel.tlvs.1060: '1060' is message_payload, which the gateway sets",
    ),
    (
        [(f"{TELCEL}.tlvs", {0x10000: "x"})],
        "carriers.telcel.tlvs.65536: '65536' is out of range, expected the tag of an",
    ),
    ([(f"{TELCEL}.errors", {0: "later"})], "carriers.telcel.errors.0: '0' is out of range, expected a command_status"),
    ([("routes", [])], "routes: is empty, expected at least one route"),
    ([("routes[0].via", [])], "routes[0].via: is empty, expected at least one carrier"),
    ([("routes[0].via", ["telcl"])], "routes[0].via[0]: 'telcl' is not in carriers, did you mean telcel?"),
    ([("routes[0].via", ["telcel", "telcel"])], "routes[0].via[1]: has the same carrier as routes[0].via[0]"),
    ([("routes[0].via", GONE)], "routes[0].via: is empty, expected at least one carrier, or deny in its place"),
    ([("routes[0].deny", True)], "routes[0].via: leads somewhere although the route denies, expected either via or"),
    (
        [("routes[0].via", {"least_cost": ["telcl"]})],
        "routes[0].via.least_cost[0]: 'telcl' is not in carriers, did you",
    ),
    (
        [("routes[0].via", {"least_cost": ["telcel"]})],
        "routes[0].via.least_cost[0]: 'telcel' has no price to compare, expected one at carriers.telcel.price",
    ),
    ([("routes[0].via", {"least_cost": 70})], "routes[0].via.least_cost: is a single value, expected a list of: a"),
    (
        [
            (f"{TELCEL}.price", {"currency": "MXN", "per_segment": "0.18"}),
            ("carriers.att", {"binds": [BIND | {"name": "a"}], "price": {"currency": "USD", "per_segment": "0.01"}}),
            ("routes[0].via", {"least_cost": ["telcel", "att"]}),
        ],
        "routes[0].via.least_cost[1]: 'att' has its price in USD, expected MXN as for telcel",
    ),
    ([("routes[0].via", {"att": 1})], "routes[0].via.att: 'att' is not in carriers, expected one of telcel"),
    (
        [(f"{TELCEL}.binds[0].mode", "receiver")],
        "routes[0].via[0]: 'telcel' has only receivers, expected a transceiver",
    ),
    ([("routes[0].network", ["att"])], "routes[0].network[0]: 'att' is not in networks, expected one of telcel, weex"),
    ([("routes[0].app", "shop")], "routes[0].app[0]: 'shop' is not in apps, expected one of bank"),
    ([("lanes.bulk.share", {"shop": 2})], "lanes.bulk.share.shop: 'shop' is not in apps, expected one of bank"),
    ([("apps", {})], "apps: is empty, expected at least one app"),
    (
        [("apps.bank.lane", "fast"), ("apps.bank.lanes", ["bulk"])],
        "apps.bank.lane: 'fast' is not in lanes, expected one of bulk",
    ),
    ([("apps.bank.password", GONE)], "apps.bank.password: is missing, expected system_id and password, or neither"),
    ([("apps.bank.system_id", GONE)], "apps.bank.system_id: is missing, expected system_id and password, or neither"),
    ([("apps.bank.password", "")], "apps.bank.password: is empty, expected a password"),
    ([("apps.bank.senders", ["1", "1"])], "apps.bank.senders[1]: has the same sender as apps.bank.senders[0]"),
    (
        [("apps.shop", {"system_id": "bank", "password": "x"})],
        "apps.shop.system_id: has the same system_id as apps.bank",
    ),
    (
        [("apps.bank.api_keys", [HASH, HASH.replace("f", "F")])],
        "apps.bank.api_keys[1]: has the same API key as apps.bank",
    ),
    ([("apps.a b", {})], "apps.a b: 'a b' is not a name, expected an app's name"),
    ([("mo_routes", [{"app": "shop"}])], "mo_routes[0].app: 'shop' is not in apps, expected one of bank"),
    ([("mo_routes", [{"to": "45555"}])], "mo_routes[0]: does nothing, expected app, opt_out or reply"),
    (
        [("mo_routes", [{"keyword": "NO MAS", "app": "bank"}])],
        "mo_routes[0].keyword[0]: 'NO MAS' can never be the first word",
    ),
    (
        [("admin.listen", "0.0.0.0:9464")],
        "admin.token: is missing, expected a token because 0.0.0.0:9464 is not a loopback",
    ),
    (
        [("admin.listen", "127.0.0.1:8080")],
        "admin.listen: has the same address and port as http.listen, expected one of its",
    ),
]


@pytest.mark.parametrize(
    ("changes", "expected"), PROBLEMS, ids=[expected.partition(": ")[0] for _, expected in PROBLEMS]
)
def test_mistake_across_keys_is_one_problem(changes: list[tuple[str, Any]], expected: str) -> None:
    found = lines(changed(SMALL, *changes))
    assert len([line for line in found if line.startswith(expected)]) == 1, found


def test_circle_of_hosts_is_found_at_each_of_its_networks_and_ends_for_one_that_leads_into_it() -> None:
    networks = {name: {"name": name, "hosted_by": host} for name, host in (("a", "b"), ("b", "a"), ("c", "a"))}
    found = lines(changed(SMALL, ("networks", networks)))
    assert [line.partition(":")[0] for line in found] == ["networks.a.hosted_by", "networks.b.hosted_by"]


WARNINGS: list[tuple[list[tuple[str, Any]], str]] = [
    ([(f"{TELCEL}.binds[0].password", "longer-than-8")], "carriers.telcel.binds[0].password: is longer than the 8"),
    ([("apps.bank.password", "longer-than-8")], "apps.bank.password: is longer than the 8 characters of SMPP 3.4"),
    ([("apps.shop", {})], "apps.shop: has neither api_keys nor system_id and password, so that it cannot log in"),
    (
        [("carriers.att", {"binds": [BIND | {"name": "att-1"}]})],
        "carriers.att: is in no route, so that nothing is sent",
    ),
    ([(f"{TELCEL}.binds[0].mode", "transmitter")], "carriers.telcel.binds: has no receiver or transceiver, so that no"),
    (
        [(f"{TELCEL}.tlvs", {0x1400: "0102ff"})],
        "carriers.telcel.tlvs: the value of 0x1400 goes as text; write 0x first",
    ),
    ([("networks", {})], "networks: is empty, so that every number is refused as unknown_network"),
    (
        [("networks.att", {"name": "A"}), ("routes[0].network", "telcel")],
        "networks.att: has no route, so that its messages",
    ),
    (
        [("routes", [{"network": "telcel", "via": "telcel"}, {"network": "telcel", "lane": "fast", "via": "telcel"}])],
        "routes[1]: is never reached: routes[0] takes every message that it would",
    ),
    (
        [("routes", [*({"lane": lane, "via": "telcel"} for lane in ("fast", "bulk")), {"via": "telcel"}])],
        "routes[2]: is never reached: rules before it take every message that it would",
    ),
    (
        [("routes", [{"prefix": "+52", "deny": True}, {"prefix": ["+5255", "+5233"], "tag": "otp", "via": "telcel"}])],
        "routes[1]: is never reached: routes[0] takes",
    ),
    ([("routes[0].lane", "fast")], "routes[0].lane: is never met: no app of the route may use fast"),
    (
        [("routes[0].sender", ["BANCO"]), ("apps.bank.senders", ["45555"])],
        "routes[0].sender: is never met: no app of the route may send as BANCO",
    ),
    (
        [("routes[0].sender", ["BANCO"]), (f"{TELCEL}.senders", {"allow": ["45555"]})],
        "routes[0].sender: is always refused: no carrier of the route sends as BANCO",
    ),
    ([("routes", [{"tag": "a", "deny": True}])], "networks.telcel: has no route, so that its messages"),
    (
        [("routes[0].lane", "fast"), ("apps.bank.lanes", ["fast", "bulk"])],
        "networks.telcel: has no route for bulk messages of bank",
    ),
    (
        [("routes", [{"via": "telcel"}, {"via": "telcel"}])],
        "routes[0]: has no condition, so that the rules after it are",
    ),
    ([("mo_routes", [{"app": "bank"}, {"app": "bank"}])], "mo_routes[0]: has no condition, so that the rules after it"),
    (
        [("apps.bank.senders", ["1", "2"]), (f"{TELCEL}.senders.allow", ["1"])],
        "apps.bank.senders[1]: '2' is allowed by no carrier",
    ),
]


@pytest.mark.parametrize(
    ("changes", "expected"), WARNINGS, ids=[expected.partition(": ")[0] for _, expected in WARNINGS]
)
def test_doubtful_configuration_loads_with_a_warning(changes: list[tuple[str, Any]], expected: str) -> None:
    found = warnings(changed(SMALL, *changes))
    assert len([line for line in found if line.startswith(expected)]) == 1, found


def test_small_configuration_is_only_pointed_at_files_to_come() -> None:
    assert [line.partition(": ")[2].partition("'")[2].partition("'")[2] for line in warnings(SMALL)] == [
        " is not there yet, until then this source knows no number"
    ] * 2


def test_no_sources_are_fine_when_unknown_names_a_network() -> None:
    assert lines(changed(SMALL, ("portability", {"sources": [], "unknown": "telcel"}))) == []


def test_hosted_network_is_served_by_the_route_of_its_host() -> None:
    assert not [
        line for line in warnings(changed(SMALL, ("routes[0].network", "telcel"))) if line.startswith("networks")
    ]


@pytest.mark.parametrize("listen", ["127.0.0.1:9464", "[::1]:9464", "localhost:9464", "127.8.8.8:9464"])
def test_admin_needs_no_token_on_loopback(listen: str) -> None:
    assert lines(changed(SMALL, ("admin.listen", listen))) == []


def test_admin_off_loopback_is_fine_with_a_token() -> None:
    document = changed(SMALL, ("admin.listen", "0.0.0.0:9464"), ("admin.token", "0123456789abcdef"))
    assert lines(document) == []


def test_listeners_that_let_the_system_choose_the_port_do_not_collide() -> None:
    document = changed(SMALL, ("http.listen", "127.0.0.1:0"), ("smpp.listen", "127.0.0.1:0"))
    assert lines(document) == []


def test_app_with_keys_and_webhook_is_fine() -> None:
    webhook = {"url": "https://app.example/hook", "secret": SIGNING_SECRET}
    assert lines(changed(SMALL, ("apps.shop", {"api_keys": [HASH, OTHER_HASH], "webhook": webhook}))) == []


def own(document: dict[str, Any], base: Path) -> list[str]:
    """The problems but those of keys that are not supported yet."""
    return [line for line in lines(document, base) if "not supported yet" not in line]


def test_tls_files_must_be_there(tmp_path: Path) -> None:
    document = changed(SMALL, ("http.tls", {"certificate": "cert.pem", "key": "."}))
    assert own(document, tmp_path) == [
        f"http.tls.certificate: '{tmp_path}/cert.pem' is not there or not a file, expected a file that can be read",
        f"http.tls.key: '{tmp_path}' is not there or not a file, expected a file that can be read",
    ]


def test_tls_file_must_be_readable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key.pem").touch()
    monkeypatch.setattr(os, "access", lambda file, mode: False)
    document = changed(SMALL, (f"{TELCEL}.binds[0].tls", {"ca": "key.pem"}))
    assert own(document, tmp_path) == [
        f"carriers.telcel.binds[0].tls.ca: '{tmp_path}/key.pem' may not be read by this user, "
        "expected a file that can be read"
    ]


@pytest.mark.parametrize(
    ("tls", "path"),
    [({"certificate": "a.pem"}, "key"), ({"key": "a.pem"}, "certificate")],
)
def test_client_certificate_needs_its_key(tls: dict[str, Any], path: str, tmp_path: Path) -> None:
    (tmp_path / "a.pem").touch()
    document = changed(SMALL, (f"{TELCEL}.binds[0].tls", tls))
    assert own(document, tmp_path) == [
        f"carriers.telcel.binds[0].tls.{path}: is missing, expected certificate and key, or neither"
    ]


@pytest.mark.parametrize(
    ("smpp", "expected"),
    [
        ({"tls_listen": "127.0.0.1:2776"}, "smpp.tls: is missing, expected certificate and key for smpp.tls_listen"),
        (
            {"tls": {"certificate": "a.pem", "key": "a.pem"}},
            "smpp.tls_listen: is missing, expected an address to use smpp.tls at",
        ),
    ],
)
def test_tls_listener_and_its_certificate_come_together(smpp: dict[str, Any], expected: str, tmp_path: Path) -> None:
    (tmp_path / "a.pem").touch()
    assert own(changed(SMALL, ("smpp", smpp)), tmp_path) == [expected]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"from": "21:00"}, "quiet_hours[0].to: is missing, expected both from and to, or only days"),
        ({"to": "08:00"}, "quiet_hours[0].from: is missing, expected both from and to, or only days"),
        ({"lane": "bulk"}, "quiet_hours[0]: names no time, expected from and to, or days"),
        ({"from": "08:00", "to": "8:00"}, "quiet_hours[0].to: is the same time as from, expected another"),
    ],
)
def test_quiet_hours_have_both_ends_or_days(rule: dict[str, Any], expected: str, tmp_path: Path) -> None:
    [found] = own(changed(SMALL, ("quiet_hours", [rule])), tmp_path)
    assert found.startswith(expected)


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ({"from": "21:00"}, "routes[0].time.to: is missing, expected both from and to, or only days"),
        ({}, "routes[0].time: names no time, expected from and to, or days"),
        ({"from": "08:00", "to": "8:00"}, "routes[0].time.to: is the same time as from, expected another"),
    ],
)
def test_time_of_a_route_has_both_ends_or_days(time: dict[str, Any], expected: str) -> None:
    [found] = lines(changed(SMALL, ("routes[0].time", {"zone": "UTC"} | time)))
    assert found.startswith(expected)


def test_list_of_numbers_must_be_there_and_right(tmp_path: Path) -> None:
    document = changed(SMALL, ("routes[0].to_list", "deny.txt"))
    [found] = lines(document, tmp_path)
    assert found.startswith(f"routes[0].to_list[0]: '{tmp_path}/deny.txt' is not there or not a file")

    (tmp_path / "deny.txt").write_text("+3718\n" + "abc\n" * 12)
    [found] = lines(document, tmp_path)
    assert "'abc' is no number and no beginning of one" in found
    assert "line 2: " in found and "line 11: " in found and found.endswith("; 2 more")

    (tmp_path / "deny.txt").write_bytes(b"\xff\xfe1\x00")
    [found] = lines(document, tmp_path)
    assert "cannot be read as a text in UTF-8" in found

    (tmp_path / "deny.txt").write_text("# nobody yet\n")
    assert any("lists no number" in warning.message for warning in read(document, tmp_path).warnings)


@pytest.mark.parametrize(
    "routes",
    [
        [{"lane": "fast", "via": "telcel"}, {"via": "telcel"}],
        [{"tag": "otp", "via": "telcel"}, {"tag": ["otp", "alert"], "via": "telcel"}, {"via": "telcel"}],
        [{"prefix": "+5255", "via": "telcel"}, {"prefix": "+52", "via": "telcel"}, {"via": "telcel"}],
        [{"network": "weex", "via": "telcel"}, {"network": ["weex", "telcel"], "via": "telcel"}],
        [{"time": {"zone": "UTC", "days": "mon"}, "via": "telcel"}, {"time": {"zone": "UTC", "days": "tue"},
         "via": "telcel"}, {"via": "telcel"}],
        [{"network": "telcel", "lane": "fast", "via": "telcel"}, {"network": "telcel", "via": "telcel"}],
    ],
)  # fmt: skip
def test_rules_that_each_take_something_are_not_pointed_at(routes: list[dict[str, Any]]) -> None:
    document = changed(SMALL, ("routes", routes), ("apps.bank.lanes", ["fast", "bulk"]))
    assert not [line for line in warnings(document) if line.startswith(("routes", "networks"))]


def test_missing_register_is_a_problem_not_an_empty_one(tmp_path: Path) -> None:
    [found] = own(changed(SMALL, ("blocklists", [{"path": "repep.csv"}])), tmp_path)
    assert found.startswith(f"blocklists[0].path: '{tmp_path}/repep.csv' is not there or not a file")
