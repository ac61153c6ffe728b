"""`relevo convert`: what comes out passes `relevo check`, and what is left out is said."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.config import Config, parse
from tests.cli.conftest import Relevo

KANNEL = """\
# a gateway of long ago
group = core
admin-port = 13000
admin-password = bar
smsbox-port = 13001
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = telcel
host = smsc.telcel.example
port = 2775
transceiver-mode = true
smsc-username = acme
smsc-password = "top-secret"
system-type = "VMA"
throughput = 50
max-pending-submits = 20
enquire-link-interval = 20
msg-id-type = 0x01
alt-charset = "latin1"
source-addr-ton = 5
source-addr-npi = 0
preferred-prefix = 5255;5281
reconnect-delay = 15
log-file = /var/log/telcel.log

group = smsc
smsc = smpp
smsc-id = "at&t"
host = smsc.att.example
port = 2776
receive-port = 2777
smsc-username = acme2
smsc-password = secret2
instances = 2

group = smsc
smsc = at
smsc-id = modem

include = users.conf

group = smsbox
sendsms-port = 13013
global-sender = 45555
white-list = http://x/y

group = sms-service
keyword = horario
aliases = hora;horas
text = "Abrimos a las 9."

group = sms-service
keyword = default
get-url = "http://app.example/mo?text=%a"
"""
USERS = """\
group = sendsms-user
username = bank
password = hunter2
user-allow-ip = "10.1.*.*;127.0.0.1"
dlr-url = "https://bank.example/dlr?x=%d"
forced-smsc = telcel
concatenation = true
max-messages = 10

group = sendsms-user
username = a name of more than fifteen
password = hunter3
"""
JCLI = """\
# jcli
group -a
gid crew
ok
smppccm -a
cid telcel
host smsc.telcel.example
port 2775
username acme
password top-secret
bind transceiver
submit_throughput 50
elink_interval 20
dlr_msgid 1
src_ton 5
ripf 1
addr_range None
systype
ok
smppccm -a
cid att
host smsc.att.example
username acme2
password secret2
ok
smppccm -1 telcel
user -a
uid bank
gid crew
username bank
password hunter2
mt_messaging_cred quota http_throughput 20
mt_messaging_cred quota balance 44.2
ok
filter -a
fid mexico
type DestinationAddrFilter
destination_addr ^52\\d+
ok
filter -a
fid crew
type GroupFilter
gid crew
ok
filter -a
fid night
type TimeIntervalFilter
ok
mtrouter -a
type DefaultRoute
connector smppc(att)
rate 0.18
ok
mtrouter -a
type RandomRoundrobinMTRoute
order 20
filters mexico;crew
connectors smppc(telcel);smppc(att)
rate 0.0
ok
mtrouter -a
type StaticMTRoute
order 10
filters night
connector smppc(att)
ok
httpccm -a
cid mo
url http://app.example/mo
method GET
ok
"""
CFG = "[http-api]\nbind = 127.0.0.1\nport = 1401\n[redis-client]\nport = 6379\n"


def converted(relevo: Relevo, kind: str, path: Path) -> tuple[str, Any, Config]:
    """The notes, the values, and the configuration they come to with passwords in the environment."""
    ran = relevo("convert", kind, str(path))
    assert (ran.status, ran.err) == (0, "")
    lines = [line.removeprefix("#").strip() for line in ran.out.splitlines() if line.startswith("#")]
    environment = {line.split(":")[0]: f"pw{n}" for n, line in enumerate(lines) if "_PASSWORD: " in line}
    config = parse(ran.out, "relevo.yaml", path.parent, environment).config
    return "\n".join(lines), yaml.safe_load(ran.out), config


@pytest.fixture
def kannel(tmp_path: Path) -> Path:
    (tmp_path / "users.conf").write_text(USERS)
    path = tmp_path / "kannel.conf"
    path.write_text(KANNEL)
    return path


def test_kannel_carriers_are_carried_over(relevo: Relevo, kannel: Path) -> None:
    _, values, config = converted(relevo, "kannel", kannel)
    telcel = config.carriers["telcel"]
    [bind] = telcel.binds
    assert (telcel.tps, telcel.enquire_link, telcel.reconnect.min) == (50.0, 20.0, 15.0)
    assert (telcel.message_ids, telcel.alphabet, telcel.senders.default) == ("hex-dec", "latin1", "45555")
    assert (telcel.source.long.ton, telcel.source.short.ton) == (5, 3)
    assert (bind.host, bind.port, bind.mode, bind.system_id) == ("smsc.telcel.example", 2775, "transceiver", "acme")
    assert (bind.system_type, bind.window) == ("VMA", 20)
    assert values["carriers"]["telcel"]["binds"][0]["password"] == "${TELCEL_PASSWORD}"
    modes = [(each.mode, each.port) for each in config.carriers["at-t"].binds]
    assert modes == [("transmitter", 2776), ("receiver", 2777)] * 2


def test_convert_says_that_dlr_urls_have_to_be_allowed(relevo: Relevo, kannel: Path, tmp_path: Path) -> None:
    words = "A call with a dlr-url is refused until its app's `callbacks` name the URL"
    assert words in converted(relevo, "kannel", kannel)[0]
    (tmp_path / "users.conf").write_text(USERS.partition("group = sendsms-user\nusername = a name")[0])
    assert words not in converted(relevo, "kannel", kannel)[0]


def test_kannel_users_routes_and_listeners_are_carried_over(relevo: Relevo, kannel: Path) -> None:
    _, values, config = converted(relevo, "kannel", kannel)
    bank = config.apps["bank"]
    assert (bank.system_id, [str(each) for each in bank.allow_from]) == ("bank", ["10.1.0.0/16", "127.0.0.1/32"])
    assert bank.callbacks == ("https://bank.example/*",)
    assert config.apps["a-name-of-more-than-fifteen"].system_id is None
    assert values["routes"] == [
        {"app": ["bank"], "via": ["telcel"]},
        {"prefix": ["+5255", "+5281"], "via": ["telcel", "at-t"]},
        {"via": {"telcel": 1, "at-t": 1}},
    ]
    assert values["mo_routes"] == [{"keyword": ["horario", "hora", "horas"], "reply": "Abrimos a las 9."}]
    assert (str(config.http.listen), str(config.admin.listen)) == ("0.0.0.0:13013", "127.0.0.1:13000")


def test_kannel_keys_without_a_counterpart_are_noted_where_they_stand(relevo: Relevo, kannel: Path) -> None:
    notes, _, _ = converted(relevo, "kannel", kannel)
    for note in (
        f"{kannel}:6: core: dlr-storage = internal has no counterpart",
        f"{kannel}:4: core: admin-password has no counterpart",
        f"{kannel}:26: smsc telcel: log-file = /var/log/telcel.log has no counterpart",
        f"{kannel}:28: 'at&t' is called at-t here",
        f"{kannel}:38: smsc = at has no counterpart: carriers are reached over SMPP",
        f"{kannel.parent / 'users.conf'}:8: sendsms-user: max-messages = 10 has no counterpart",
        "keyword default: say in mo_routes which app gets it; its webhook is told, in JSON",
    ):
        assert note in notes
    assert not any(secret in notes for secret in ("top-secret", "hunter2", "hunter3", "secret2"))


def test_jasmin_commands_are_carried_over(relevo: Relevo, tmp_path: Path) -> None:
    (tmp_path / "setup.jcli").write_text(JCLI)
    (tmp_path / "jasmin.cfg").write_text(CFG)
    (tmp_path / "jcli-prod.smppccs").write_bytes(b"Persisted on 2024 [Jasmin 0.10]\n\x80\x02]q\x00.")
    notes, values, config = converted(relevo, "jasmin", tmp_path)
    telcel = config.carriers["telcel"]
    assert (telcel.tps, telcel.enquire_link, telcel.message_ids) == (50.0, 20.0, "hex-dec")
    assert (telcel.source.short.ton, telcel.binds[0].system_id, config.carriers["att"].tps) == (5, "acme", 1.0)
    assert (config.apps["bank"].tps, config.apps["bank"].system_id) == (20.0, "bank")
    assert str(config.http.listen) == "127.0.0.1:1401"
    assert values["routes"] == [
        {"prefix": ["+52"], "app": ["bank"], "via": {"telcel": 1, "att": 1}},
        {"via": ["att"]},
    ]
    for note in (
        "smppccm telcel: ripf 1 has no counterpart",
        "the route is left out: its filter night cannot be said here",
        "rate 0.18: write what a segment costs as the carrier's price",
        "user: mt_messaging_cred quota balance 44.2 has no counterpart",
        "httpccm mo has no counterpart: give the app a webhook, which is told in JSON",
        "[redis-client]: is not read",
        "jcli-prod.smppccs: is not read",
    ):
        assert note in notes
    assert not any(secret in notes for secret in ("top-secret", "hunter2", "secret2"))


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("kannel", "group = core\nnonsense\n", ":2: is no `key = value`"),
        ("kannel", "host = x\n", ":1: is a group without a name, or with two"),
        ("kannel", "include = old.conf\n", "is included twice"),
        ("kannel", "include = nowhere.conf\n", "No such file"),
        ("jasmin", "hola\n", "holds neither jcli commands nor a jasmin.cfg"),
        ("jasmin", "[x\n", "old.conf"),
    ],
)
def test_file_that_cannot_be_read_is_an_error(relevo: Relevo, tmp_path: Path, kind: str, text: str, why: str) -> None:
    path = tmp_path / "old.conf"
    path.write_text(text)
    ran = relevo("convert", kind, str(path))
    assert (ran.status, ran.out) == (1, "")
    assert why in ran.err


def test_file_without_carriers_says_what_is_missing(relevo: Relevo, tmp_path: Path) -> None:
    path = tmp_path / "kannel.conf"
    path.write_text("group = core\nadmin-port = 13000\n")
    out = relevo("convert", "kannel", str(path)).out
    assert "#   carriers: kannel.conf has none that could be carried over; write them" in out


def test_exact_number_in_a_filter_is_not_widened_to_a_prefix(relevo: Relevo, tmp_path: Path) -> None:
    path = tmp_path / "setup.jcli"
    path.write_text(JCLI.replace("^52\\d+", "^525512345670$"))
    notes, values, _ = converted(relevo, "jasmin", path)
    assert values["routes"] == [{"via": ["att"]}]
    assert "its filter mexico cannot be said here" in notes


@pytest.mark.parametrize(
    ("written", "condition"),
    [
        ("type TagFilter\ntag otp-7", {"tag": ["otp-7"]}),
        ("type SourceAddrFilter\nsource_addr ^BANCO$", {"sender": ["BANCO"]}),
        ("type SourceAddrFilter\nsource_addr ^455", None),
        ("type TagFilter\ntag a b", None),
    ],
)
def test_filters_of_tags_and_whole_senders_are_carried_over(
    relevo: Relevo, tmp_path: Path, written: str, condition: dict[str, Any] | None
) -> None:
    path = tmp_path / "setup.jcli"
    path.write_text(JCLI.replace("type DestinationAddrFilter\ndestination_addr ^52\\d+", written))
    _, values, _ = converted(relevo, "jasmin", path)
    routes = [] if condition is None else [{**condition, "app": ["bank"], "via": {"telcel": 1, "att": 1}}]
    assert values["routes"] == [*routes, {"via": ["att"]}]
