"""`relevo portability`, `lookup` and `explain`: from the configuration alone."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ONE_APP, Relevo

HEADER = "number,network\n"


@pytest.fixture
def ported(tmp_path: Path) -> Path:
    """A file of two ported numbers."""
    path = tmp_path / "ported.csv"
    path.write_text(HEADER + "525512345678,188\n+525512345679,AT&T\n")
    return path


def test_load_puts_the_numbers_into_the_table(relevo: Relevo, ported: Path) -> None:
    ran = relevo("portability", "load", str(ported))

    assert (ran.status, ran.err) == (0, "")
    assert ran.out == "2 inserted; the table holds 2 numbers\n"
    assert relevo("lookup", "55 1234 5678", "--json").json["network"] == "telcel"


def test_load_of_the_same_file_again_has_nothing_to_do(relevo: Relevo, ported: Path) -> None:
    relevo("portability", "load", str(ported))

    ran = relevo("portability", "load", str(ported), "--json")

    assert (ran.json["unchanged"], ran.json["rows"], ran.json["inserted"]) == (True, 2, 2)
    assert relevo("portability", "load", str(ported)).out.startswith("nothing to do")


def test_load_takes_the_administrators_files_and_applies_what_was_dated_ahead(relevo: Relevo, tmp_path: Path) -> None:
    file = tmp_path / "NumbersPorted.csv"
    row = "{0}|1|Port|551234567{0}|551234567{0}|Y|188|188|156|156|{1}\n"
    file.write_text(row.format(1, "20250101020000") + row.format(2, "29990101020000"))

    ran = relevo("portability", "load", str(file), "--format", "abd")

    assert (ran.status, ran.out) == (0, "1 inserted; the table holds 1 numbers\n")
    assert ran.err == "note: 1 moves are dated ahead and wait until they are due\n"
    assert relevo("portability", "info", "--json").json["pending"] == 1
    assert "1 moves, the next for 2999-01-01" in relevo("portability", "info").out
    assert relevo("portability", "apply").out == "changed nothing; the table holds 1 numbers\n"
    assert relevo("portability", "apply", "--json").json == {"inserted": 0, "changed": 0, "deleted": 0, "rows": 1}


def test_file_that_is_not_the_administrators_is_refused(relevo: Relevo, ported: Path) -> None:
    ran = relevo("portability", "load", str(ported), "--format", "abd")

    assert (ran.status, ran.out) == (1, "")
    assert "neither XML nor CSV of the administrator" in ran.err


def test_load_names_every_bad_line_and_loads_nothing(relevo: Relevo, ported: Path) -> None:
    ported.write_text(HEADER + "525512345678,188\n5512345678,188\n525512345670,999\nx\x1b,188,\n")

    ran = relevo("portability", "load", str(ported))

    assert (ran.status, ran.out) == (1, "")
    lines = ran.err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == [f"{ported}:{n}" for n in (3, 4, 5)] + ["relevo"]
    assert lines[-1] == "relevo: 3 bad rows; nothing was loaded"
    assert "\x1b" not in ran.err
    assert relevo("portability", "info", "--json").json["rows"] == 0


def test_load_leaves_out_as_many_bad_rows_as_allowed(relevo: Relevo, ported: Path) -> None:
    ported.write_text(HEADER + "525512345678,188\n5512345678,188\n")

    ran = relevo("portability", "load", str(ported), "--max-errors", "1")

    assert (ran.status, ran.out) == (0, "1 inserted, 1 skipped; the table holds 1 numbers\n")


def test_load_replaces_the_table_and_insists_where_numbers_would_be_lost(relevo: Relevo, ported: Path) -> None:
    relevo("portability", "load", str(ported))
    ported.write_text(HEADER + "525512345678,188\n")

    refused = relevo("portability", "load", str(ported), "--replace")
    forced = relevo("portability", "load", str(ported), "--replace", "--force", "--json")

    assert refused.status == 1
    assert "--force" in refused.err
    assert (forced.status, forced.json["rows"], forced.json["replaced"]) == (0, 1, True)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("load", "nowhere.csv"), 1, "nowhere.csv: No such file"),
        (("apply",), 1, "`relevo portability load` makes it"),
        (("info",), 1, "`relevo portability load` makes it"),
    ],
)
def test_portability_says_what_it_lacks(relevo: Relevo, words: tuple[str, ...], status: int, said: str) -> None:
    ran = relevo("portability", *words)

    assert (ran.status, ran.out) == (status, "")
    assert said in ran.err


def test_portability_needs_a_table_among_the_sources(relevo: Relevo, config: Path, ported: Path) -> None:
    config.write_text(config.read_text().replace("type: table, path: ported.db", "type: prefix"))

    ran = relevo("portability", "load", str(ported))

    assert ran.status == 2
    assert "no source of type table" in ran.err


def test_info_tells_the_numbers_and_the_last_files(relevo: Relevo, ported: Path) -> None:
    for n in range(12):
        ported.write_text(HEADER + f"5255123456{n:02},188\n")
        relevo("portability", "load", str(ported))

    brief, whole = relevo("portability", "info").out, relevo("portability", "info", "--all").out

    assert "numbers      12" in brief
    assert (brief.count("ported.csv"), whole.count("ported.csv")) == (10, 12)
    assert len(relevo("portability", "info", "--json").json["files"]) == 10


def test_lookup_tells_all_that_is_known(relevo: Relevo, ported: Path) -> None:
    relevo("portability", "load", str(ported))

    assert relevo("lookup", "045 55 1234 5679", "--json").json == {
        "number": "+525512345679",
        "valid": True,
        "region": "MX",
        "type": "mobile_or_fixed",
        "network": "att",
        "source": "table",
        "ported": True,
        "timezones": ["America/Mexico_City"],
    }
    assert "network    att" in relevo("lookup", "+525512345679").out


def test_lookup_of_what_is_no_number_says_why(relevo: Relevo) -> None:
    ran = relevo("lookup", "12345678", "--json")

    assert (ran.status, ran.json["valid"], ran.json["network"]) == (0, False, None)
    assert "because  8 digits are no whole number in MX" in relevo("lookup", "12345678").out


def test_lookup_says_which_sources_could_not_answer(relevo: Relevo, config: Path) -> None:
    ran = relevo("lookup", "5512345678", "--json")

    assert (ran.status, ran.json["network"], ran.json["source"]) == (0, None, "unknown")
    assert ran.err == f"note: source table is not available: {config.parent / 'ported.db'}: No such file or directory\n"


def test_lookup_imports_no_more_than_it_needs(config: Path) -> None:
    """What it had imported besides took longer than all it does: 0.15 s of its 0.25 s."""
    asked = "import sys; from gateway.cli.main import main; main(sys.argv[1:]); print(*sys.modules)"
    ran = subprocess.run(
        [sys.executable, "-c", asked, "-c", config, "lookup", "5512345678"], capture_output=True, text=True, check=True
    )

    imported = set(ran.stdout.splitlines()[-1].split())
    assert "phonenumbers" in imported
    assert imported.isdisjoint({"structlog", "rich", "asyncio", "aiohttp", "dns", "logging", "multiprocessing"})


def test_explain_tells_the_way_and_every_step(relevo: Relevo, ported: Path) -> None:
    relevo("portability", "load", str(ported))

    ran = relevo("explain", "--to", "5512345678", "--text", "hola", "--json")

    found = ran.json
    assert ran.status == 0
    assert (found["network"], found["lane"], found["carriers"], found["sender"]) == (
        "telcel",
        "fast",
        ["telcel"],
        "45555",
    )
    assert (found["encoding"], found["segments"], found["price"]["currency"]) == ("gsm7", 1, "MXN")
    assert [step["step"] for step in found["steps"]][:2] == ["number", "source table"]
    assert max(map(len, relevo("explain", "--to", "5512345678").out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "refusal"),
    [
        (("--to", "5512345679"), "no_route"),
        (("--to", "5500000000"), "unknown_network"),
        (("--to", "12"), "invalid_number"),
    ],
)
def test_explain_of_what_would_be_refused_is_an_answer(
    relevo: Relevo, ported: Path, words: tuple[str, ...], refusal: str
) -> None:
    relevo("portability", "load", str(ported))

    ran = relevo("explain", *words, "--json")

    assert (ran.status, ran.json["refusal"]) == (0, refusal)


def test_explain_asks_which_app_where_there_are_several(relevo: Relevo, config: Path) -> None:
    text = config.read_text()
    config.write_text(text.replace(ONE_APP, ONE_APP[:-2] + ", shop: {system_id: shop, password: pw2}}\n"))

    asked, unknown = relevo("explain", "--to", "5512345678"), relevo("explain", "--to", "1", "--app", "bnk")

    assert (asked.status, unknown.status) == (2, 2)
    assert "bank, shop" in asked.err
    assert "no app 'bnk'" in unknown.err
    assert relevo("explain", "--to", "5512345678", "--app", "shop").status == 0


@pytest.fixture
def no_secret_set(config: Path) -> None:
    """The configuration's passwords come from variables that nobody has set."""
    written = config.read_text()
    config.write_text(
        written.replace('"s3cret-of-telcel"', '"${NOT_SET}"').replace("password: pw", 'password: "${NO}"')
    )


@pytest.mark.usefixtures("no_secret_set")
@pytest.mark.parametrize("words", [("lookup", "5512345678"), ("explain", "--to", "5512345678")])
def test_question_is_answered_although_no_secret_is_set(words: tuple[str, ...], relevo: Relevo, ported: Path) -> None:
    relevo("portability", "load", str(ported))

    ran = relevo(*words)

    assert (ran.status, ran.err) == (0, "")
    assert relevo("check").status == 2


@pytest.mark.usefixtures("no_secret_set")
def test_numbers_are_loaded_although_no_secret_is_set(relevo: Relevo, ported: Path) -> None:
    for words in (("load", str(ported)), ("apply",), ("info",)):
        ran = relevo("portability", *words)

        assert (ran.status, ran.err) == (0, "")
