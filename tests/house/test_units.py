"""The systemd units as systemd itself reads them."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.conftest import PROJECT

UNITS = sorted((PROJECT / "conf" / "systemd").iterdir())
HARDENED = ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "MemoryDenyWriteExecute")


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)  # a key may come twice
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_unit_is_understood_by_systemd(unit: Path, tmp_path: Path) -> None:
    # The command is where the package will be; systemd wants to see it, so one that is here stands in for it.
    for each in UNITS:
        (tmp_path / each.name).write_text(each.read_text().replace("/opt/relevo/bin/relevo", "/bin/true"))

    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        check=False,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
    )

    said = [line for line in ran.stderr.splitlines() if unit.stem in line]
    assert (ran.returncode, said) == (0, [])


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_service_runs_as_its_own_user_and_is_hardened(unit: Path) -> None:
    service = read(unit)["Service"]

    assert (service["User"], service["CapabilityBoundingSet"], service["ProtectSystem"]) == ("relevo", "", "strict")
    assert {service[key] for key in HARDENED} == {"yes"}


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".timer"], ids=lambda unit: unit.name)
def test_timer_has_its_service(unit: Path) -> None:
    assert unit.with_suffix(".service") in UNITS
    assert read(unit)["Install"]["WantedBy"] == "timers.target"
