"""`relevo portability plan`: what a plan says, and putting it in the place of the one in use."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Relevo

HEADER = "ZONA,NUMERACION_INICIAL,NUMERACION_FINAL,OCUPACION,MODALIDAD,RAZON_SOCIAL,FECHA_ASIGNACION\n"


def rows(count: int, holder: str = "RADIOMOVIL DIPSA") -> str:
    starts = [5_512_340_000 + 10_000 * at for at in range(count)]
    return HEADER + "".join(f"5,{start},{start + 999},1000,CPP,{holder},\n" for start in starts)


@pytest.fixture
def plan(config: Path) -> Path:
    """The plan in use, in a configuration that has one."""
    path = config.parent / "plan.csv"
    path.write_text(rows(5))
    config.write_text(
        config.read_text().replace("path: ported.db}]", "path: ported.db}, {type: plan, path: plan.csv}]")
    )
    return path


@pytest.fixture
def new(tmp_path: Path) -> Path:
    path = tmp_path / "pnn_Publico_21_01_2026.csv"
    path.write_text(rows(10) + "5,5600000000,5600000999,1000,CPP,Casa Sola,\n5,X,Y,,CPP,Casa Sola,\n")
    return path


def test_plan_is_looked_through_without_changing_anything(relevo: Relevo, new: Path, plan: Path) -> None:
    before = plan.read_bytes()

    ran = relevo("portability", "plan", str(new), "--force")

    assert ran.status == 0
    assert "line 13: NUMERACION_INICIAL" in ran.err
    assert "Casa Sola" in ran.out and "1,000" in ran.out and "portability.aliases" in ran.out
    assert plan.read_bytes() == before
    found = relevo("portability", "plan", str(new), "--force", "--json").json
    assert (found["rows"], found["bad_rows"], found["unknown_holders"]) == (11, 1, {"Casa Sola": 1000})
    assert (found["installed"], found["bad"][0]["line"]) == (False, 13)


def test_plan_is_installed_whole_with_the_date_of_its_name(relevo: Relevo, new: Path, plan: Path) -> None:
    ran = relevo("portability", "plan", str(new), "--install", "--force")

    assert ran.status == 0
    assert plan.read_bytes() == new.read_bytes()
    assert plan.stat().st_mode & 0o777 == 0o644
    assert sorted(path.name for path in plan.parent.iterdir() if path.name.startswith(".plan")) == []
    assert relevo("portability", "plan", "--json").json["rows"] == 11
    assert relevo("lookup", "5512340500", "--json").json["network"] == "telcel"


def test_plan_that_has_lost_a_tenth_of_its_rows_is_not_installed(relevo: Relevo, tmp_path: Path, plan: Path) -> None:
    plan.write_text(rows(20))
    less = tmp_path / "less.csv"
    less.write_text(rows(17))

    ran = relevo("portability", "plan", str(less), "--install")

    assert (ran.status, ran.out) == (1, "")
    assert "17 rows, the plan in use has 20: more than 10 % would be lost (--force)" in ran.err
    assert plan.read_text() == rows(20)
    assert relevo("portability", "plan", str(less), "--install", "--force").status == 0


def test_first_plan_has_nothing_to_be_compared_with(relevo: Relevo, new: Path, plan: Path) -> None:
    plan.unlink()
    assert relevo("portability", "plan", str(new), "--install").status == 0


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("--install",), 2, "--install needs a FILE"),
        (("nowhere.csv",), 1, "nowhere.csv: No such file or directory"),
    ],
)
def test_plan_that_cannot_be_used_is_a_failure(
    relevo: Relevo, plan: Path, words: tuple[str, ...], status: int, said: str
) -> None:
    ran = relevo("portability", "plan", *words)
    assert (ran.status, said in ran.err) == (status, True)


def test_configuration_without_a_plan_has_none_to_look_at(relevo: Relevo) -> None:
    ran = relevo("portability", "plan")
    assert (ran.status, "portability.sources has no source of type plan" in ran.err) == (2, True)


def test_plan_that_cannot_be_written_leaves_the_one_in_use(
    relevo: Relevo, new: Path, plan: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = plan.read_bytes()

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ran = relevo("portability", "plan", str(new), "--install", "--force")

    assert (ran.status, "No space left" in ran.err) == (1, True)
    assert plan.read_bytes() == before
    assert [path for path in plan.parent.iterdir() if path.name.startswith(".plan")] == []
