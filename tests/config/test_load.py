"""Files to configurations: YAML's own mistakes, unknown and duplicate keys, several problems at once, defaults."""

from decimal import Decimal
from pathlib import Path

import pytest

from gateway.config import Address, ConfigError, Problem, Secret, load
from tests.config.documents import FULL, SMALL, changed, config, lines, problems, read

TINY = """\
carriers:
  telcel:
    binds:
      - {name: t1, host: 127.0.0.1, port: 2801, system_id: acme, password: secret}
routes: [{via: [telcel]}]
apps:
  bank: {system_id: bank, password: pw}
networks: {telcel: {name: Telcel}}
"""


def test_problem_reads_file_line_path_message() -> None:
    [problem] = problems(TINY + "lanes:\n  fast:\n    ttl: soon\n")
    assert str(problem) == (
        "relevo.yaml:11: lanes.fast.ttl: 'soon' is not a duration, "
        "expected a number and ms, s, m, h or d, e.g. 500ms, 30s, 15m, 8h or 30d"
    )


def test_problem_in_a_flow_mapping_has_the_line_of_its_value() -> None:
    text = TINY.replace("port: 2801,", "port: 2801,\n         window: big,")
    [problem] = problems(text)
    assert (problem.line, problem.path) == (5, "carriers.telcel.binds[0].window")


def test_line_is_that_of_the_value_or_of_what_is_around_it() -> None:
    found, bind = read(TINY), "carriers.telcel.binds[0]"
    asked = (f"{bind}.port", f"{bind}.window", "carriers.telcel.tps", "lanes.fast", "")
    assert [found.line(path) for path in asked] == [4, 4, 2, 1, 1]


def test_small_configuration_has_the_defaults_of_the_contract() -> None:
    found = config(SMALL)
    carrier = found.carriers["telcel"]
    assert found.store.url.path == Path("/var/lib/relevo/relevo.db")
    assert (found.store.sync, found.store.retention) == ("full", 30 * 86400.0)
    assert (found.http.listen, found.http.max_body) == (Address("127.0.0.1", 8080), 1 << 20)
    assert (found.smpp.listen.port, found.admin.listen.port) == (2775, 9464)
    assert [source.type for source in found.portability.sources] == ["table", "plan", "prefix"]
    assert (found.lanes.fast.ttl, found.lanes.fast.reserve, found.lanes.bulk.ttl) == (300.0, 0.2, 172800.0)
    assert (carrier.burst, carrier.enquire_link, carrier.response_timeout) == (1, 30.0, 30.0)
    assert (carrier.reconnect.min, carrier.reconnect.max, carrier.reconnect.stable_after) == (1.0, 60.0, 30.0)
    assert (carrier.uncertain.hold.fast, carrier.uncertain.hold.bulk) == (0.0, 120.0)
    assert found.node


def test_full_configuration_has_its_values_in_units() -> None:
    supported = changed(
        FULL, ("quiet_hours", []), ("frequency", []), ("blocklists", []),
        ("http.tls", None), ("smpp.tls", None), ("smpp.tls_listen", None), ("carriers.telcel.binds[0].tls", None),
        ("portability.sources", [{"type": "plan", "path": "plan.csv"}, {"type": "table"}]), ("routes[0].to_list", []),
    )  # fmt: skip
    found = read(supported, Path("/etc/relevo")).config
    carrier, app = found.carriers["telcel"], found.apps["bank"]
    assert found.store.url.path == Path("/etc/relevo/relevo.db")
    assert found.portability.sources[0].path == Path("/etc/relevo/plan.csv")  # type: ignore[union-attr]
    assert found.portability.fetch is not None
    assert str(found.portability.fetch.url) == "sftp://acme@127.0.0.1:22/ported"
    assert found.portability.fetch.keep == Path("/etc/relevo/kept")
    assert carrier.binds[0].password == Secret("secret")
    assert carrier.binds[0].backup == (Address("127.0.0.1", 2802),)
    assert carrier.binds[0].interface_version == 0x34
    assert carrier.tlvs == {0x1400: b"1101234567890"}
    assert carrier.errors == {0x14: "later"}
    assert carrier.price is not None
    assert carrier.price.per_segment == Decimal("0.18")
    assert str(app.allow_from[0]) == "127.0.0.0/8"
    assert app.allowed_lanes == ("fast", "bulk")
    assert found.routes[0].via == ("telcel",)
    assert found.lanes.bulk.share == {"bank": 2.0}
    assert found.mo_routes[0].to == ("45555",)


def test_text_is_taken_as_written_not_as_yaml_reads_it() -> None:
    text = TINY.replace("password: pw", "password: 0123").replace("system_id: bank", "system_id: yes")
    text = text.replace("name: Telcel", "name: Telcel, codes: [007, 0x10]")
    assert lines(text) == ["networks.telcel.codes[1]: '0x10' does not fit, expected a code of 1 to 9 digits, e.g. 188"]
    found = config(text.replace(", 0x10", ""))
    assert (found.apps["bank"].system_id, found.apps["bank"].password) == ("yes", Secret("0123"))
    assert found.networks["telcel"].codes == ("007",)


def test_app_without_lanes_may_ask_for_its_own_only() -> None:
    assert config(changed(SMALL, ("apps.bank.lane", "fast"))).apps["bank"].allowed_lanes == ("fast",)


def test_order_of_tables_is_kept() -> None:
    binds = SMALL["carriers"]["telcel"]["binds"][0]
    carriers = {name: {"binds": [binds | {"name": f"{name}-1"}]} for name in ("zeta", "alpha", "mid")}
    document = changed(SMALL, ("carriers", carriers), ("routes[0].via", {"mid": 1, "alpha": 2.5, "zeta": 3}))
    found = config(document)
    assert list(found.carriers) == ["zeta", "alpha", "mid"]
    assert found.routes[0].via == {"mid": 1.0, "alpha": 2.5, "zeta": 3.0}


@pytest.mark.parametrize(
    ("where", "key", "suggestion"),
    [
        ("", "carrier", "did you mean carriers?"),
        ("", "colour", "expected one of carriers, routes, apps, node, store"),
        ("carriers.telcel.", "tp", "did you mean tps?"),
        ("carriers.telcel.binds[0].", "systemid", "did you mean system_id?"),
        ("routes[0].", "form", "expected one of via, network, prefix, lane, app"),
        ("lanes.", "slow", "expected one of fast, bulk"),
        ("lanes.bulk.", "reserve", "expected one of ttl, receipt_grace, share"),
    ],
)
def test_unknown_key_is_named_with_the_nearest_known_one(where: str, key: str, suggestion: str) -> None:
    [found] = lines(changed(SMALL, (f"{where}{key}", 1)))
    assert found.startswith(f"{where}{key}: is not a known key, {suggestion}")


def test_duplicate_key_names_the_first_one() -> None:
    found = problems(TINY + "log: {level: info, level: debug}\nlog:\n  format: json\n")
    assert [(problem.line, problem.path, problem.message) for problem in found] == [
        (9, "log.level", "is given twice, the first time on line 9"),
        (10, "log", "is given twice, the first time on line 9"),
    ]


def test_duplicate_name_and_duplicate_number_are_problems() -> None:
    text = TINY.replace("  bank: {", "  bank: {}\n  bank: {") + "\n"
    assert "apps.bank: is given twice, the first time on line 7" in lines(text)
    text = TINY.replace("    binds:", "    errors: {0x14: later, 20: next}\n    binds:")
    assert lines(text) == ["carriers.telcel.errors.20: names the same as an earlier key, expected each once"]


def test_merge_keys_bring_defaults_in_and_own_keys_win() -> None:
    text = TINY.replace(
        "      - {name: t1, host: 127.0.0.1, port: 2801, system_id: acme, password: secret}",
        "      - &first {name: t1, host: 127.0.0.1, port: 2801, system_id: acme, password: secret}\n"
        "      - {<<: *first, name: t2, port: 2802}",
    )
    first, second = config(text).carriers["telcel"].binds
    assert (second.name, second.port, second.host, second.password) == ("t2", 2802, first.host, first.password)


def test_mapping_merged_into_itself_ends() -> None:
    assert problems("carriers: &c\n  <<: *c\n  telcel: *c\n") != []


@pytest.mark.parametrize("section", ["networks", "http", "log", "mo_routes", "lanes", "portability", "quiet_hours"])
def test_section_with_everything_commented_out_is_as_if_absent(section: str) -> None:
    assert config(changed(SMALL, ("networks", {"telcel": {"name": "T"}}), (section, None)))


def test_all_problems_are_said_at_once_in_the_order_of_the_file() -> None:
    text = (
        TINY.replace("port: 2801", "port: http").replace("via: [telcel]", "via: [telcell], lane: otp")
        + "portability: {unknown: nobody, cache: {ttl: 1}}\nmo_routes: [{app: shop}]\nextra: 1\n"
    )
    assert [(problem.line, problem.path) for problem in problems(text)] == [
        (4, "carriers.telcel.binds[0].port"),
        (5, "routes[0].lane"),
        (5, "routes[0].via[0]"),
        (9, "portability.cache.ttl"),
        (9, "portability.unknown"),
        (10, "mo_routes[0].app"),
        (11, "extra"),
    ]


def test_wrong_value_brings_no_problems_that_only_follow_from_it() -> None:
    found = lines(changed(SMALL, ("carriers", [1]), ("routes[0].via", ["telcel", "att"])))
    assert [line.partition(":")[0] for line in found] == ["carriers"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "is empty, expected carriers, apps and routes"),
        ("# nothing\n", 1, "is empty, expected carriers, apps and routes"),
        ("just text", 1, "is a single value, expected a mapping with keys such as carriers, routes, apps"),
        ("- a\n- b\n", 1, "is a list, expected a mapping"),
        ("a: [1, 2\nb: 3\n", 2, "is not valid YAML: while parsing a flow sequence expected ',' or ']'"),
        ("a:\n\tb: 1\n", 2, "(indentation is done with spaces)"),
        ("a: {b: ${NAME}}\n", 1, "(a value with ${NAME} must stand in double quotes)"),
        ("a: *nowhere\n", 1, "is not valid YAML: found undefined alias 'nowhere'"),
        ("a: 1\n---\nb: 2\n", 2, "is not valid YAML: expected a single document"),
        ("a: 1\nb: \x07\n", 2, "is not valid YAML: "),
        ("[" * 5000, 1, "is nested too deeply"),
    ],
)
def test_text_that_is_no_configuration_is_one_problem(text: str, line: int, message: str) -> None:
    found = [problem for problem in problems(text) if not problem.path]
    assert [problem.line for problem in found] == [line]
    assert message in found[0].message


def test_foreign_tag_is_refused_not_run() -> None:
    found = lines(TINY + "node: !!python/object/apply:os.system ['true']\nlog: {level: !secret x}\n")
    assert "node: is a list, expected the node's name: letters, digits, -, _ and ., at most 64" in found
    assert "log.level: has the YAML tag !secret, expected a plain value" in found


def test_key_that_is_no_text_is_a_problem() -> None:
    assert "log: has a list as a key, expected a name" in lines(TINY + "log: {[a]: 1}\n")


def test_file_is_loaded_with_its_directory_as_the_base(tmp_path: Path) -> None:
    file = tmp_path / "relevo.yaml"
    file.write_text(TINY + "store: {url: 'sqlite:data/relevo.db'}\n")
    assert load(file, {}).config.store.url.path == tmp_path / "data" / "relevo.db"


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    file = tmp_path / "relevo.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + TINY.encode())
    assert load(file, {}).config.carriers


def test_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "none.yaml", {})
    assert caught.value.problems == (
        Problem(str(tmp_path / "none.yaml"), 1, "", "cannot be read: No such file or directory"),
    )
    assert str(caught.value) == f"{tmp_path}/none.yaml:1: cannot be read: No such file or directory"


def test_file_that_is_not_utf8_is_a_problem_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "relevo.yaml"
    file.write_bytes(b"node: a\nlog: {level: \xe1}\n")
    with pytest.raises(ConfigError, match=r"relevo\.yaml:2: is not UTF-8"):
        load(file, {})


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///var/lib/relevo/relevo.db", "/var/lib/relevo/relevo.db"),
        ("sqlite:////var/lib/relevo.db", "/var/lib/relevo.db"),
        ("sqlite:/var/lib/relevo.db", "/var/lib/relevo.db"),
        ("sqlite:relevo.db", "/base/relevo.db"),
        ("sqlite:../relevo.db", "/base/../relevo.db"),
    ],
)
def test_sqlite_url_names_its_file(url: str, path: str) -> None:
    store = read(changed(SMALL, ("store.url", url)), Path("/base")).config.store
    assert (store.url.engine, store.url.path) == ("sqlite", Path(path))


@pytest.mark.parametrize(
    "url", ["sqlite:", "sqlite:///", "sqlite://host/x.db", "sqlite:dir/", "sqlite::memory:", "/x.db"]
)
def test_sqlite_url_without_a_file_is_refused(url: str) -> None:
    [found] = lines(changed(SMALL, ("store.url", url)))
    assert "expected sqlite:///absolute/path, sqlite:relative/path or postgresql://" in found
