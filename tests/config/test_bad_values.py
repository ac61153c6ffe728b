"""Each key of the schema with a bad value: one problem, at that key, that says what was expected."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.config.documents import FULL, GONE, changed, problems
from tests.config.keys import schema_keys

BIND = "carriers.telcel.binds[0]"
CARRIER = "carriers.telcel"
APP = "apps.bank"
SOURCES = "portability.sources"
FETCH = "portability.fetch"

CASES: list[tuple[str, Any, str]] = [
    ("node", "gw 1", "'gw 1' is not a name, expected the node's name: letters, digits, -, _ and ."),
    ("store", "memory", "is a single value, expected a mapping with keys such as url, sync, retention"),
    ("store.url", "mysql://host/db", "'mysql://host/db' is not the URL of a store, expected sqlite:///absolute/path"),
    ("store.sync", "fast", "'fast' is not one of the choices, expected full or normal"),
    ("store.retention", 30, "'30' has no unit, expected a number and ms, s, m, h or d"),
    ("http", [], "is a list, expected a mapping"),
    ("http.listen", 8080, "'8080' has no host or no port, expected HOST:PORT"),
    ("http.tls", "cert.pem", "is a single value, expected a mapping with keys such as certificate, key"),
    ("http.tls.certificate", "", "is not the path of a file, expected the path of a certificate chain in PEM"),
    ("http.tls.key", "/etc/", "is not the path of a file, expected the path of a private key in PEM"),
    ("http.max_body", "1MB", "'1MB' has an unknown unit 'MB', expected 1MiB"),
    ("smpp", 2775, "is a single value, expected a mapping"),
    ("smpp.listen", "::1:2775", "has an IPv6 address without brackets, expected HOST:PORT"),
    ("smpp.tls_listen", "host.example:2776", "has no IP address to listen at, expected IP:PORT"),
    ("smpp.tls", [], "is a list, expected a mapping"),
    ("smpp.tls.certificate", "", "is not the path of a file"),
    ("smpp.tls.key", "", "is not the path of a file"),
    ("admin", "off", "is a single value, expected a mapping"),
    ("admin.listen", "127.0.0.1:99999", "has no port from 0 to 65535"),
    (
        "admin.token",
        "short",
        "what is written (not shown) is too short or has other characters, expected a token of 16",
    ),
    ("log", "info", "is a single value, expected a mapping"),
    ("log.level", "verbose", "is not one of the choices, expected debug, info, warning or error"),
    ("log.format", "xml", "is not one of the choices, expected json or console"),
    ("log.content", "some", "is not one of the choices, expected masked or full"),
    ("networks", ["telcel"], "is a list, expected a mapping from a network's name"),
    ("networks.telcel", "Telcel", "is a single value, expected a mapping with keys such as name, mccmnc, codes"),
    ("networks.telcel.name", "x" * 65, "has 65 characters, at most 64 fit, expected the network's name for people"),
    ("networks.telcel.mccmnc", "334020", "is a single value, expected a list of: MCC and MNC, 5 or 6 digits"),
    (
        "networks.telcel.mccmnc[0]",
        "334-020",
        "'334-020' does not fit, expected MCC and MNC, 5 or 6 digits, e.g. 334020",
    ),
    ("networks.telcel.codes", 188, "is a single value, expected a list of: a code of 1 to 9 digits"),
    ("networks.telcel.codes[0]", "RIDA", "'RIDA' does not fit, expected a code of 1 to 9 digits, e.g. 188"),
    ("networks.weex.hosted_by", "tel cel", "'tel cel' is not a name, expected a network's name"),
    ("portability", "MX", "is a single value, expected a mapping"),
    ("portability.region", "XX", "'XX' is not a country with telephone numbers, expected a country's two letters"),
    ("portability.sources", "table", "is a single value, expected a list of: a mapping with the key type: table, http"),
    ("portability.sources[0]", "table", "is a single value, expected a mapping with the key type"),
    (f"{SOURCES}[0].type", "csv", "'csv' is not one of the choices, expected table, http, enum, plan or prefix"),
    (f"{SOURCES}[0].path", [], "is a list, expected the path of the table of ported numbers"),
    (f"{SOURCES}[1].url", "http://127.0.0.1/lookup", "does not contain {number}, expected an http or https URL with"),
    (f"{SOURCES}[1].timeout", "2h", "'2h' is out of range, expected a number and ms, s, m, h or d"),
    (f"{SOURCES}[2].server", "127.0.0.1", "has no host or no port, expected HOST:PORT"),
    (f"{SOURCES}[2].suffix", "e164 arpa", "is not a host name, expected a host name"),
    (f"{SOURCES}[2].timeout", "fast", "'fast' is not a duration, expected a number and ms"),
    (f"{SOURCES}[3].path", "", "is not the path of a file, expected the path of the numbering plan in CSV"),
    (
        "portability.aliases",
        ["TELCEL"],
        "is a list, expected a mapping from how the name of a range's holder begins to",
    ),
    ("portability.aliases.DIPSA", "tel cel", "'tel cel' is not a name, expected a network's name"),
    ("portability.cache", 1000, "is a single value, expected a mapping"),
    ("portability.cache.size", -1, "'-1' is out of range, expected how many numbers are remembered, 0 to 100000000"),
    ("portability.cache.ttl", "6 hours", "has an unknown unit 'hours', expected a number and ms, s, m, h or d"),
    ("portability.cache.negative_ttl", "31d", "'31d' is out of range"),
    ("portability.unknown", "a b", "'a b' is not a name, expected reject or a network's name"),
    (FETCH, "sftp://a@b/", "is a single value, expected a mapping with keys such as url, known_hosts, key"),
    (
        f"{FETCH}.url",
        "sftp://a:pw@b/",
        "'sftp://***@b/' has a password in it (portability.fetch.password is its",
    ),
    (f"{FETCH}.known_hosts", "", "is not the path of a file, expected the path of a file of known hosts"),
    (f"{FETCH}.key", "/etc/", "is not the path of a file, expected the path of a private key without a passphrase"),
    (f"{FETCH}.password", "", "what is written (not shown) is empty, expected the user's password"),
    (f"{FETCH}.pattern", "Numbers*.xml", "has no %Y, so that it does not say the day, expected a path with %Y, %m and"),
    (f"{FETCH}.days", 15, "'15' is out of range, expected days to look back, 1 to 14, e.g. 14"),
    (f"{FETCH}.keep", "", "is not the path of a file, expected the path of the directory of the copies"),
    (f"{FETCH}.keep_for", "14d", "'14d' is out of range, expected a number and ms, s, m, h or d"),
    (f"{FETCH}.max_errors", -1, "'-1' is out of range, expected bad records to leave out of each file"),
    (f"{FETCH}.timeout", "30", "'30' has no unit"),
    ("carriers", ["telcel"], "is a list, expected a mapping from a carrier's name"),
    (CARRIER, "10.0.0.1", "is a single value, expected a mapping with keys such as binds, tps, burst"),
    (f"{CARRIER}.tps", "fast", "'fast' is not a number above 0, expected segments per second, e.g. 100"),
    (f"{CARRIER}.burst", 0, "'0' is out of range, expected segments at once, 1 to 10000, e.g. 1"),
    (f"{CARRIER}.binds", {"name": "a"}, "is a mapping of keys, expected a list of: a mapping with keys such as name"),
    (BIND, "telcel-1", "is a single value, expected a mapping with keys such as name, host, port"),
    (f"{BIND}.name", "telcel.1", "'telcel.1' is not a name, expected the bind's name: letters, digits, - and _"),
    (f"{BIND}.host", "10.0.0.1:2775", "has a colon (the port has its own key), expected a host name or an IP address"),
    (f"{BIND}.port", 70000, "'70000' is out of range, expected a TCP port, 1 to 65535, e.g. 2775"),
    (f"{BIND}.system_id", "x" * 16, "has 16 characters, at most 15 fit, expected the carrier's name for us"),
    (f"{BIND}.password", "contraseña", "what is written (not shown) is too long or has characters outside printable"),
    (f"{BIND}.mode", "trx", "'trx' is not one of the choices, expected transceiver, transmitter or receiver"),
    (f"{BIND}.window", "ten", "'ten' is not a whole number, expected unanswered requests at once, 1 to 10000, e.g. 10"),
    (f"{BIND}.tps", 0, "'0' is out of range, above 0 and up to 1000000, expected segments per second, e.g. 100"),
    (f"{BIND}.burst", 1.5, "'1.5' is not a whole number, expected segments at once"),
    (f"{BIND}.backup", "10.0.0.2:2775", "is a single value, expected a list of: HOST:PORT"),
    (f"{BIND}.backup[0]", "10.0.0.2", "has no host or no port, expected HOST:PORT"),
    (f"{BIND}.source_ip", "eth0", "'eth0' is not an IP address, expected an IP address, e.g. 192.0.2.10"),
    (f"{BIND}.system_type", "x" * 13, "has 13 characters, at most 12 fit"),
    (f"{BIND}.address_range", "é", "has characters outside printable ASCII, expected the address_range of the bind"),
    (f"{BIND}.interface_version", 34, "'34' is not a version of SMPP, expected 3.3, 3.4 or 5.0"),
    (f"{BIND}.tls", True, "is a single value, expected a mapping with keys such as ca, certificate, key"),
    (f"{BIND}.tls.ca", "", "is not the path of a file"),
    (f"{BIND}.tls.certificate", "dir/", "is not the path of a file"),
    (f"{BIND}.tls.key", "", "is not the path of a file"),
    (f"{BIND}.tls.server_name", "-x-", "'-x-' is not a host name, expected a host name or an IP address"),
    (f"{BIND}.tls.verify", "maybe", "'maybe' is neither true nor false, expected true or false"),
    (f"{CARRIER}.alphabet", "utf8", "is not one of the choices, expected gsm7, gsm7-packed, latin1 or ascii"),
    (f"{CARRIER}.national_shift", "turkish", "is not one of the choices, expected none or spanish"),
    (f"{CARRIER}.long_messages", "concat", "is not one of the choices, expected udh, udh16, sar or payload"),
    (f"{CARRIER}.message_ids", "hex", "is not one of the choices, expected auto, same, hex-dec or dec-hex"),
    (f"{CARRIER}.validity", "always", "is not one of the choices, expected relative, absolute or none"),
    (f"{CARRIER}.receipt_parts", "any", "is not one of the choices, expected all, first or last"),
    (f"{CARRIER}.source", 5, "is a single value, expected a mapping with keys such as short, long, alphanumeric"),
    (f"{CARRIER}.source.short", 3, "is a single value, expected a mapping with keys such as ton, npi"),
    (f"{CARRIER}.source.short.ton", 256, "is out of range, expected a type of number, SMPP 3.4 §5.2.5, 0 to 255"),
    (f"{CARRIER}.source.short.npi", "isdn", "is not a whole number, expected a numbering plan"),
    (f"{CARRIER}.source.long", [], "is a list, expected a mapping"),
    (f"{CARRIER}.source.long.ton", -1, "is out of range"),
    (f"{CARRIER}.source.long.npi", 300, "is out of range"),
    (f"{CARRIER}.source.alphanumeric", "5/0", "is a single value, expected a mapping"),
    (f"{CARRIER}.source.alphanumeric.ton", "5,0", "is not a whole number"),
    (f"{CARRIER}.source.alphanumeric.npi", 1.0, "is not a whole number"),
    (f"{CARRIER}.destination", "e164", "is a single value, expected a mapping with keys such as format, ton, npi"),
    (f"{CARRIER}.destination.format", "E.164", "is not one of the choices, expected e164, plus, national or e164-521"),
    (f"{CARRIER}.destination.ton", "one", "is not a whole number"),
    (f"{CARRIER}.destination.npi", 999, "is out of range"),
    (f"{CARRIER}.senders", ["45555"], "is a list, expected a mapping with keys such as allow, default"),
    (f"{CARRIER}.senders.allow", "45555", "is a single value, expected a list of: up to 20 digits"),
    (f"{CARRIER}.senders.allow[0]", "BANCO DEL NORTE", "is not a sender, expected up to 20 digits, with + or without"),
    (f"{CARRIER}.senders.default", "1" * 21, "has too many digits, expected up to 20 digits"),
    (f"{CARRIER}.enquire_link", "0s", "'0s' is out of range, expected a number and ms, s, m, h or d"),
    (f"{CARRIER}.response_timeout", "30", "'30' has no unit"),
    (f"{CARRIER}.reconnect", "1s", "is a single value, expected a mapping with keys such as min, max, stable_after"),
    (f"{CARRIER}.reconnect.min", "1ms", "is out of range"),
    (f"{CARRIER}.reconnect.max", "1d", "is out of range"),
    (f"{CARRIER}.reconnect.stable_after", "-1s", "'-1s' is not a duration"),
    (f"{CARRIER}.service_type", "CAMPAIGN", "has 8 characters, at most 5 fit"),
    (f"{CARRIER}.tlvs", ["0x1400"], "is a list, expected a mapping from the tag of an optional parameter"),
    (f"{CARRIER}.tlvs.5120", "0x0", "'0x0' is not whole octets in hexadecimal, expected 0x and hexadecimal octets"),
    (f"{CARRIER}.errors", "later", "is a single value, expected a mapping from a command_status"),
    (f"{CARRIER}.errors.20", "retry", "is not one of the choices, expected later, throttle, next, refuse, stop or"),
    (f"{CARRIER}.failover", "60s", "is a single value, expected a mapping"),
    (f"{CARRIER}.failover.after_errors", 0, "is out of range, expected errors in a row, 1 to 1000000, e.g. 20"),
    (f"{CARRIER}.failover.queue_age", "1 minute", "has an unknown unit 'minute'"),
    (f"{CARRIER}.uncertain", "resend", "is a single value, expected a mapping"),
    (f"{CARRIER}.uncertain.fast", "drop", "is not one of the choices, expected resend or fail"),
    (f"{CARRIER}.uncertain.bulk", "once", "is not one of the choices, expected resend or fail"),
    (f"{CARRIER}.uncertain.hold", "120s", "is a single value, expected a mapping with keys such as fast, bulk"),
    (f"{CARRIER}.uncertain.hold.fast", "2d", "is out of range"),
    (f"{CARRIER}.uncertain.hold.bulk", 120, "has no unit"),
    (f"{CARRIER}.ucs2", "sometimes", "is neither true nor false, expected true or false"),
    (f"{CARRIER}.price", "0.18", "is a single value, expected a mapping with keys such as currency, per_segment"),
    (f"{CARRIER}.price.currency", "$", "'$' is not a name, expected a currency, ISO 4217, e.g. MXN"),
    (f"{CARRIER}.price.per_segment", "-1", "is not an amount of 0 or more, expected an amount of 0 or more"),
    ("routes", {"via": ["telcel"]}, "is a mapping of keys, expected a list of: a mapping with keys such as via"),
    ("routes[0]", "telcel", "is a single value, expected a mapping with keys such as via, network, prefix"),
    ("routes[0].via", {"telcel": 0}, "'0' is out of range, above 0 and up to 1000000, expected a weight above 0"),
    ("routes[0].network", ["tel cel"], "'tel cel' is not a name, expected a network's name"),
    ("routes[0].prefix", ["MX"], "'MX' does not fit, expected the first digits of numbers in E.164 with +"),
    ("routes[0].lane", ["otp"], "'otp' is not one of the choices, expected fast or bulk"),
    ("routes[0].app", [""], "'' is empty, expected an app's name"),
    ("routes[0].sender", "NAME TOO LONG", "'NAME TOO LONG' is not a sender, expected up to 20 digits"),
    ("routes[0].tag", ["a b"], "'a b' is not a name, expected a tag: letters, digits, -, _ and ., at most 64"),
    ("routes[0].to_list", ["/"], "'/' is not the path of a file, expected the path of a list of numbers"),
    ("routes[0].time", "night", "is a single value, expected a mapping with keys such as zone, from, to"),
    ("routes[0].time.zone", "recipient", "is not a time zone, expected a time zone of the IANA database, e.g. America"),
    ("routes[0].time.from", "8 am", "'8 am' is not a time of day, expected a time of day HH:MM from 00:00 to 23:59"),
    ("routes[0].time.to", "24:00", "'24:00' is not a time of day"),
    ("routes[0].time.days", "weekend", "'weekend' is not one of the choices, expected mon, tue, wed"),
    ("routes[0].deny", "no", "'no' is not a code that a route denies with, expected true, or one of denied"),
    ("lanes", ["fast"], "is a list, expected a mapping with keys such as fast, bulk"),
    ("lanes.fast", "5m", "is a single value, expected a mapping with keys such as ttl, receipt_grace, reserve"),
    ("lanes.fast.ttl", "15d", "'15d' is out of range"),
    ("lanes.fast.receipt_grace", "0s", "'0s' is out of range"),
    ("lanes.fast.reserve", "0.2", "'0.2' has no % sign, expected a percentage from 0% to 90%, e.g. 20%"),
    ("lanes.fast.share", ["bank"], "is a list, expected a mapping from an app's name"),
    ("lanes.fast.share.bank", -1, "'-1' is not a number above 0, expected a weight above 0, e.g. 70"),
    ("lanes.bulk", 1, "is a single value, expected a mapping with keys such as ttl, receipt_grace, share"),
    ("lanes.bulk.ttl", "0s", "'0s' is out of range"),
    ("lanes.bulk.receipt_grace", "31d", "'31d' is out of range"),
    ("lanes.bulk.share", 2, "is a single value, expected a mapping from an app's name"),
    ("lanes.bulk.share.bank", "double", "'double' is not a number above 0"),
    ("quiet_hours", "21-8", "is a single value, expected a list of: a mapping with keys such as lane, from, to"),
    ("quiet_hours[0]", "night", "is a single value, expected a mapping"),
    ("quiet_hours[0].lane", "slow", "'slow' is not one of the choices, expected fast or bulk"),
    ("quiet_hours[0].from", "24:00", "'24:00' is not a time of day, expected a time of day HH:MM from 00:00 to 23:59"),
    ("quiet_hours[0].to", "8", "'8' is not a time of day"),
    ("quiet_hours[0].zone", "Mexico", "'Mexico' is not a time zone, expected recipient, or a time zone of the IANA"),
    ("quiet_hours[0].days", ["sabado"], "'sabado' is not one of the choices, expected mon, tue, wed"),
    ("quiet_hours[0].action", "drop", "is not one of the choices, expected defer or reject"),
    ("frequency", "3/7d", "is a single value, expected a mapping with keys such as max, per, lane"),
    ("frequency.lane", "any", "'any' is not one of the choices, expected fast or bulk"),
    ("frequency.max", 0, "'0' is out of range, expected messages to one recipient, 1 to 1000000, e.g. 3"),
    ("frequency.per", "week", "'week' is not a duration"),
    ("frequency.action", "defer", "'defer' is not one of the choices, expected reject"),
    ("blocklists", "a.csv", "is a single value, expected a list of: a mapping with keys such as path, lane"),
    ("blocklists[0]", "a.csv", "is a single value, expected a mapping"),
    ("blocklists[0].path", "", "is not the path of a file, expected the path of a do-not-contact register"),
    ("blocklists[0].lane", "all", "'all' is not one of the choices"),
    ("apps", ["bank"], "is a list, expected a mapping from an app's name"),
    (APP, "key", "is a single value, expected a mapping with keys such as api_keys, system_id, password"),
    (f"{APP}.api_keys", "sha256:", "is a single value, expected a list of: sha256: and 64 hexadecimal digits"),
    (f"{APP}.api_keys[0]", "my-api-key", "what is written (not shown) is not the hash of an API key, expected sha256:"),
    (f"{APP}.system_id", "", "is empty, expected the app's SMPP name: at most 15 ASCII characters"),
    (f"{APP}.password", "x" * 65, "what is written (not shown) is too long or has characters outside printable"),
    (f"{APP}.allow_from", "10.0.0.1", "is a single value, expected a list of: an IP network or address"),
    (
        f"{APP}.allow_from[0]",
        "10.1.2.3/8",
        "has bits outside its mask (the network would be 10.0.0.0/8), expected an IP",
    ),
    (f"{APP}.max_binds", "many", "is not a whole number, expected SMPP binds at once, 0 to 1000, e.g. 4"),
    (f"{APP}.window", 0, "is out of range"),
    (f"{APP}.tps", "500/s", "'500/s' is not a number above 0, expected segments per second, e.g. 100"),
    (f"{APP}.burst", -5, "is out of range"),
    (f"{APP}.lane", "otp", "'otp' is not one of the choices, expected fast or bulk"),
    (f"{APP}.lanes", "fast", "is a single value, expected a list of: fast or bulk"),
    (f"{APP}.lanes[0]", "slow", "'slow' is not one of the choices, expected fast or bulk"),
    (f"{APP}.senders", {}, "is a mapping of keys, expected a list of: up to 20 digits"),
    (f"{APP}.senders[0]", " 45555", "is not a sender"),
    (f"{APP}.webhook", "http://a/", "is a single value, expected a mapping with keys such as url, secret, events"),
    (f"{APP}.webhook.url", "ftp://a/", "'ftp://a/' is not an http or https URL, expected an http or https URL"),
    (f"{APP}.webhook.secret", "whsec_short", "what is written (not shown) is not base64, expected whsec_ and the"),
    (f"{APP}.webhook.events", "receipt", "is a single value, expected a list of: receipt or inbound"),
    (f"{APP}.webhook.events[0]", "dlr", "'dlr' is not one of the choices, expected receipt or inbound"),
    (f"{APP}.webhook.concurrency", 0, "is out of range, expected posts at once, 1 to 1000, e.g. 32"),
    (f"{APP}.webhook.rate", 0, "is out of range, above 0 and up to 1000000, expected posts per second, e.g. 50"),
    (f"{APP}.callbacks", "https://a/*", "is a single value, expected a list of: an http or https URL"),
    (f"{APP}.callbacks[0]", "https://*.example/x", "has a * elsewhere than at the end of the path"),
    ("mo_routes", "bank", "is a single value, expected a list of: a mapping with keys such as to, keyword, app"),
    ("mo_routes[0]", ["bank"], "is a list, expected a mapping"),
    ("mo_routes[0].to", ["not a sender!"], "is not a sender, expected up to 20 digits"),
    ("mo_routes[0].keyword", [{"a": 1}], "is a mapping of keys, expected a keyword: one word"),
    ("mo_routes[0].app", "a/b", "'a/b' is not a name, expected an app's name"),
    ("mo_routes[0].opt_out", "BAJA", "'BAJA' is neither true nor false, expected true or false"),
    ("mo_routes[0].reply", "x" * 1001, "has 1001 characters, at most 1000 fit, expected a text"),
]


def own_problems(path: str, value: Any, base: Path) -> list[tuple[str, str]]:
    """The problems of FULL with one value changed, without those of keys that are not supported yet."""
    (base / "a.pem").touch()
    found = problems(changed(FULL, (path, value)), base)
    return [(problem.path, problem.message) for problem in found if "not supported yet" not in problem.message]


def pattern(path: str) -> str:
    """The key of the schema at a path of FULL: positions and chosen names taken out, a source by its type."""
    for index, source in enumerate(FULL["portability"]["sources"]):
        path = path.replace(f"{SOURCES}[{index}].", f"{SOURCES}[{source['type']}].")
    path = path.replace("[table].type", "[*].type")
    for section in ("aliases", "networks", "carriers", "apps", "tlvs", "errors", "share"):
        path = re.sub(rf"(^|\.){section}\.\w+", rf"\g<1>{section}.*", path)
    return re.sub(r"\[\d+\]", "[*]", path)


@pytest.mark.parametrize(("path", "value", "phrase"), CASES, ids=[case[0] for case in CASES])
def test_bad_value_is_one_problem_at_its_key(path: str, value: Any, phrase: str, tmp_path: Path) -> None:
    found = own_problems(path, value, tmp_path)
    assert len(found) == 1, found
    where, message = found[0]
    assert where.startswith(path)
    assert phrase in message


def test_full_document_has_no_problem_but_what_is_not_supported(tmp_path: Path) -> None:
    assert own_problems("node", "gw1", tmp_path) == []


def test_every_key_of_the_schema_has_a_bad_value() -> None:
    assert set(schema_keys()) == {pattern(path) for path, _, _ in CASES}


REQUIRED = [
    "carriers", "routes", "apps", "networks.telcel.name", f"{SOURCES}[0].type", f"{SOURCES}[1].url",
    f"{SOURCES}[2].server", "http.tls.certificate", "http.tls.key", "smpp.tls.certificate", "smpp.tls.key",
    f"{CARRIER}.binds", f"{BIND}.name", f"{BIND}.host", f"{BIND}.port", f"{BIND}.system_id", f"{BIND}.password",
    f"{CARRIER}.source.short.ton", f"{CARRIER}.source.short.npi", f"{CARRIER}.price.currency",
    f"{CARRIER}.price.per_segment", "routes[0].time.zone", "frequency.max", "frequency.per", "blocklists[0].path",
    f"{APP}.webhook.url", f"{APP}.webhook.secret",
]  # fmt: skip


@pytest.mark.parametrize("path", REQUIRED)
def test_missing_required_key_is_one_problem(path: str, tmp_path: Path) -> None:
    found = own_problems(path, GONE, tmp_path)
    assert [where for where, _ in found] == [path]
    assert found[0][1].startswith("is missing, expected ")


@pytest.mark.parametrize("path", REQUIRED)
def test_empty_required_key_is_a_problem(path: str, tmp_path: Path) -> None:
    found = own_problems(path, None, tmp_path)
    assert [where for where, _ in found] == [path]
    assert found[0][1].startswith("is empty, expected ")


@pytest.mark.parametrize("path", ["store.sync", "http.listen", f"{CARRIER}.tps", "lanes.fast.reserve", "log.level"])
def test_empty_value_with_a_default_is_still_a_problem(path: str, tmp_path: Path) -> None:
    [(where, message)] = own_problems(path, None, tmp_path)
    assert where == path
    assert message.startswith("is empty, expected ")
