"""`relevo portability fetch` against a real SFTP server on this machine."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from portability.abd_moves import ZONE
from tests.cli.conftest import Ran, Relevo
from tests.portability.test_abd import deleted, document, record
from tests.support.sftp import PASSWORD, SftpHost, sftp_host

TODAY = datetime.now(ZONE).replace(hour=0, minute=0, second=0)
Put = Callable[..., Path]
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFmv1mUAxEpGWNJZkRQFaWZDBnRcUZDo3yCzJUZwwSU0"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SftpHost]:
    with sftp_host(tmp_path) as made:
        yield made


def settings(host: SftpHost, **changed: object) -> str:
    """`fetch` of the configuration; None takes a key out."""
    keys = {
        **{"url": host.url, "known_hosts": host.known_hosts, "key": host.key, "timeout": "5s", "keep": "kept"},
        **changed,
    }
    return ", ".join(f'{key}: "{value}"' for key, value in keys.items() if value is not None)


@pytest.fixture
def configured(config: Path, host: SftpHost) -> Callable[..., None]:
    written = config.read_text()

    def configure(**changed: object) -> None:
        fetch = f"sources: [{{type: table, path: ported.db}}]\n  fetch: {{{settings(host, **changed)}}}"
        fetch = re.sub(r'(days|max_errors): "(\d+)"', r"\1: \2", fetch)
        config.write_text(written.replace("sources: [{type: table, path: ported.db}]", fetch))

    configure()
    return configure


@pytest.fixture
def put(host: SftpHost) -> Put:
    """Leaves a day's file at the place; `back` days ago, with these records."""

    def putting(kind: str, back: int, *records: str, cut: int = 0) -> Path:
        day = TODAY - timedelta(days=back)
        path = host.directory / f"{day:%Y.%m.%d}" / f"Numbers{kind}-{day:%Y%m%d}.xml"
        path.parent.mkdir(exist_ok=True)
        text = document(*records, timestamp=f"{day:%Y%m%d}235900")
        path.write_text(text[: len(text) - cut])
        return path

    return putting


def at(back: int, hour: int = 2) -> str:
    return f"{TODAY - timedelta(days=back):%Y%m%d}{hour:02}0000"


def ported(number: int, back: int, rida: str = "188") -> str:
    return record(f"P{number}{back}", f"551234567{number}", rida=rida, rcr=rida, ActionDate=at(back))


def given_back(number: int, back: int) -> str:
    return deleted(f"D{number}{back}", f"551234567{number}", ActionDate=at(back, 3))


def states(ran: Ran) -> list[str]:
    return [file["state"] for file in ran.json["files"]]


@pytest.fixture
def fetch(relevo: Relevo, configured: Callable[..., None]) -> Relevo:
    return lambda *words: relevo("portability", "fetch", *words)


def test_fetch_loads_the_days_in_order_and_then_knows_them(fetch: Relevo, put: Put, relevo: Relevo) -> None:
    put("Ported", 2, ported(1, 2), ported(2, 2))
    put("Ported", 1, ported(1, 1, "156"))
    put("Deleted", 1, given_back(2, 1))

    first, second = fetch(), fetch("--json")

    days = [f"{TODAY - timedelta(days=back):%Y.%m.%d}" for back in (2, 1)]
    assert first.status == 0
    assert [line.partition(": ")[0].partition("/Numbers")[0] for line in first.out.splitlines()] == [
        *(days[0], days[1], days[1]),
        "3 loaded; the table holds 1 numbers",
    ]
    assert "the day's other file (ported, deleted) is not there yet" in first.err
    assert "the table was empty" in first.err
    assert (second.status, states(second), second.json["rows"], second.err) == (0, ["known"] * 3, 1, "")
    assert relevo("lookup", "5512345671", "--json").json["network"] == "att"


def test_fetch_copies_only_what_is_new(fetch: Relevo, put: Put, host: SftpHost) -> None:
    put("Ported", 2, ported(1, 2))
    fetch()
    host.faults.reads.clear()
    put("Ported", 1, ported(2, 1))

    assert states(fetch("--json")) == ["known", "loaded"]
    assert len(set(host.faults.reads)) == 1


def test_file_that_was_loaded_by_hand_is_known(fetch: Relevo, put: Put, relevo: Relevo) -> None:
    path = put("Ported", 1, ported(1, 1))
    relevo("portability", "load", str(path), "--format", "abd")

    assert states(fetch("--json")) == ["known"]


def test_cut_file_is_refused_whole_and_loaded_once_it_is_whole(fetch: Relevo, put: Put) -> None:
    put("Ported", 2, ported(1, 2), cut=30)
    put("Deleted", 2, given_back(3, 2))
    put("Ported", 1, ported(2, 1))

    refused, again = fetch(), fetch("--json")
    put("Ported", 2, ported(1, 2))
    mended = fetch("--json")

    assert refused.status == again.status == 1
    assert re.search(r"relevo: \S+NumbersPorted-\d+\.xml: line \d+: .*; the file is not whole", refused.err)
    assert refused.out.endswith("2 loaded, 1 refused; the table holds 1 numbers\n")
    assert (states(again), again.json["files"][1]["why"] != "") == (["known", "refused", "known"], True)
    assert (mended.status, states(mended), mended.json["rows"]) == (0, ["known", "loaded", "known"], 2)


def test_file_that_changed_at_the_place_is_loaded_again(fetch: Relevo, put: Put) -> None:
    put("Ported", 1, ported(1, 1))
    fetch()
    put("Ported", 1, ported(1, 1), ported(2, 1))

    ran = fetch("--json")

    assert (states(ran), ran.json["rows"]) == (["loaded"], 2)


def test_bad_records_are_named_up_to_a_limit_and_left_out_where_allowed(
    fetch: Relevo, put: Put, configured: Callable[..., None]
) -> None:
    put("Ported", 1, ported(1, 1), *(record(f"B{n}", "551234", ActionDate=at(1)) for n in range(30)))

    refused = fetch()
    configured(max_errors=30)
    taken = fetch("--json")

    assert refused.status == 1
    assert refused.err.count("NumberFrom: '551234'") == 20
    assert "10 more bad records" in refused.err
    assert (taken.status, taken.json["files"][0]["skipped"], taken.json["rows"]) == (0, 30, 1)
    assert states(fetch("--json")) == ["known"]


def test_dry_run_says_what_is_new_and_touches_nothing(fetch: Relevo, put: Put, tmp_path: Path, host: SftpHost) -> None:
    put("Ported", 1, ported(1, 1))

    ran = fetch("--dry-run")

    assert (ran.status, ran.out.splitlines()[0].endswith(".xml: new")) == (0, True)
    assert ran.out.endswith("1 new; the table holds 0 numbers\n")
    assert not (tmp_path / "kept").exists()
    assert not (tmp_path / "ported.db").exists()
    assert host.faults.reads == []


def test_place_without_files_is_no_failure(fetch: Relevo) -> None:
    ran = fetch()
    assert (ran.status, ran.out) == (0, "no files; the table holds 0 numbers\n")


def test_days_before_the_window_are_not_looked_at_and_the_gap_is_told(
    fetch: Relevo, put: Put, configured: Callable[..., None], tmp_path: Path, relevo: Relevo
) -> None:
    old = tmp_path / "old.csv"
    old.write_text("number,network\n525512345678,188\n")
    os.utime(old, (1_500_000_000, 1_500_000_000))
    relevo("portability", "load", str(old))
    put("Ported", 3, ported(1, 3))
    configured(days=2)

    ran = fetch("--json")

    assert states(ran) == []
    assert [re.sub(r"[0-9]{4}-[0-9-]+", "DAY", note) for note in ran.json["notes"]] == [
        "the table's data ends before DAY: load a full file with --replace, for the days between"
    ]


def test_password_alone_logs_in(fetch: Relevo, put: Put, configured: Callable[..., None]) -> None:
    put("Ported", 1, ported(1, 1))
    configured(key=None, password=PASSWORD)
    assert states(fetch("--json")) == ["loaded"]


def test_host_with_another_key_is_sent_nothing(fetch: Relevo, put: Put, host: SftpHost) -> None:
    put("Ported", 1, ported(1, 1))
    host.known_hosts.write_text(f"[127.0.0.1]:{host.port} {OTHER_KEY}\n")
    wrong = fetch()
    host.known_hosts.write_text("")
    unknown = fetch()

    for ran in (wrong, unknown):
        assert (ran.status, ran.out) == (1, "")
        assert "a key that is not in known_hosts; nothing was sent to it" in ran.err


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": None, "password": "wrong-w0rd"}, "does not let us in"),
        ({"known_hosts": "nowhere"}, "nowhere: No such file"),
        ({"key": "nowhere"}, "nowhere: No such file"),
        ({"key": "relevo.yaml"}, "relevo.yaml: is no private key"),
        ({"url": "sftp://acme@127.0.0.1:1/"}, "sftp://acme@127.0.0.1:1: "),
    ],
)
def test_fetch_says_why_it_cannot_log_in_and_never_a_password(
    fetch: Relevo, configured: Callable[..., None], changed: dict[str, object], said: str
) -> None:
    configured(**changed)

    ran = fetch()

    assert (ran.status, ran.out) == (1, "")
    assert said in ran.err
    assert "wrong-w0rd" not in ran.err


@pytest.mark.parametrize("fault", ["silent", "cut", "denied"])
def test_file_that_cannot_be_read_is_missed_and_what_came_is_loaded(
    fetch: Relevo, put: Put, host: SftpHost, configured: Callable[..., None], tmp_path: Path, fault: str
) -> None:
    put("Ported", 3, ported(1, 3))
    bad = put("Ported", 2, ported(2, 2))
    put("Ported", 1, ported(3, 1))
    getattr(host.faults, fault).add(bad.name)
    configured(timeout="1s")

    ran = fetch("--json")

    after = "loaded" if fault == "denied" else "missed"
    assert (ran.status, states(ran)) == (1, ["loaded", "missed", after])
    assert bad.name in ran.json["files"][1]["why"]
    assert [path.name for path in (tmp_path / "kept").rglob("*.part")] == []
    getattr(host.faults, fault).clear()
    assert set(states(fetch("--json"))) == {"known", "loaded"}


def test_names_that_lead_elsewhere_and_directories_are_not_taken(
    fetch: Relevo, put: Put, host: SftpHost, tmp_path: Path
) -> None:
    path = put("Ported", 1, ported(1, 1))
    stamp = path.name[-12:]
    host.faults.lied += [f"../../Numbers-{stamp}", f"/Numbers-{stamp}", f"Numbers/x-{stamp}", ".", ".."]
    path.with_name(f"NumbersDirectory-{stamp}").mkdir()

    assert states(fetch("--json")) == ["loaded"]
    assert [kept.name for kept in (tmp_path / "kept").rglob("*") if kept.is_file()] == [path.name]


def test_copies_are_forgotten_after_their_time_and_nothing_else_is(fetch: Relevo, tmp_path: Path, put: Put) -> None:
    kept = tmp_path / "kept"
    (kept / "2020.01.01").mkdir(parents=True)
    gone, stays = kept / "2020.01.01" / "NumbersPorted-20200101.xml", kept / "NumbersPorted-20200101.xml"
    for path in (gone, stays):
        path.write_text("")

    fetch()

    assert (gone.exists(), stays.exists()) == (False, True)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": None}, "portability.fetch.key: is missing, expected key, password or both"),
        (
            {"url": f"sftp://acme:{PASSWORD}@127.0.0.1/"},
            "portability.fetch.url: 'sftp://***@127.0.0.1/' has a pass",
        ),
        ({"pattern": "../%Y%m%d"}, "portability.fetch.pattern: '../%Y%m%d' is no path from"),
    ],
)
def test_wrong_configuration_is_status_2(
    fetch: Relevo, configured: Callable[..., None], changed: dict[str, object], said: str
) -> None:
    configured(**changed)

    ran = fetch()

    assert (ran.status, said in ran.err, PASSWORD in ran.err) == (2, True, False)


def test_fetch_needs_no_other_secret_than_its_own(
    fetch: Relevo, put: Put, configured: Callable[..., None], config: Path
) -> None:
    put("Ported", 1, ported(1, 1))
    config.write_text(config.read_text().replace('"s3cret-of-telcel"', '"${NOT_SET}"'))
    taken = fetch("--json")
    configured(password="${NOT_SET}")
    lacking = fetch()

    assert states(taken) == ["loaded"]
    assert (lacking.status, "portability.fetch.password: its variable is not set" in lacking.err) == (2, True)


def test_fetch_without_its_section_is_status_2(relevo: Relevo) -> None:
    ran = relevo("portability", "fetch")
    assert ran.status == 2
    assert "portability.fetch is missing" in ran.err


def test_fetch_says_what_to_install_where_asyncssh_is_not(fetch: Relevo, monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins
    import sys

    importing = builtins.__import__

    def without(name: str, *args: object, **kwargs: object) -> object:
        if name == "asyncssh":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return importing(name, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.delitem(sys.modules, "portability.sftp", raising=False)
    monkeypatch.setattr(builtins, "__import__", without)

    ran = fetch()

    assert (ran.status, "pip install 'relevo[fetch]'" in ran.err) == (1, True)
