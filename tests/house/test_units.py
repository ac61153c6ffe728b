"""The systemd units as systemd itself reads them."""

import configparser
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.config.schema import ADMIN_AT, HTTP_AT, SMPP_AT
from tests.house.conftest import PROJECT

SYSTEMD = PROJECT / "conf" / "systemd"
UNITS = sorted(path for path in SYSTEMD.iterdir() if path.suffix in {".service", ".socket", ".timer"})
MOST_EXPOSED = 2.0
"""Of 10, as systemd-analyze counts; under 2 it says OK."""
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


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not on this machine")
@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".service"], ids=lambda unit: unit.name)
def test_service_is_exposed_as_little_as_systemd_asks_for(unit: Path) -> None:
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    ran = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", threshold, str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd is not on this machine")
@pytest.mark.parametrize(
    ("tool", "file"), [("systemd-sysusers", "relevo.sysusers.conf"), ("systemd-tmpfiles", "relevo.tmpfiles.conf")]
)
def test_account_and_directories_are_made_in_an_empty_root(tool: str, file: str, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    account = "relevo:x:990:990::/var/lib/relevo:/usr/sbin/nologin\n"
    if tool == "systemd-tmpfiles":
        (tmp_path / "etc" / "passwd").write_text(f"root:x:0:0::/root:/bin/sh\n{account}")
        (tmp_path / "etc" / "group").write_text("root:x:0:\nrelevo:x:990:\n")
    words = [tool, f"--root={tmp_path}"] + (["--create"] if tool == "systemd-tmpfiles" else [])

    ran = subprocess.run([*words, str(SYSTEMD / file)], capture_output=True, text=True, check=False)

    if tool == "systemd-sysusers":
        assert ran.returncode == 0, ran.stderr
        assert "relevo:" in (tmp_path / "etc" / "passwd").read_text()
    elif os.geteuid() == 0:
        assert ran.returncode == 0, ran.stderr
        modes = {path: (tmp_path / path).stat() for path in ("etc/relevo", "etc/relevo/credentials", "var/lib/relevo")}
        assert [(oct(found.st_mode & 0o777), found.st_uid, found.st_gid) for found in modes.values()] == [
            ("0o750", 0, 990),
            ("0o700", 0, 0),
            ("0o750", 990, 990),
        ]


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit.suffix == ".timer"], ids=lambda unit: unit.name)
def test_timer_has_its_service(unit: Path) -> None:
    assert unit.with_suffix(".service") in UNITS
    assert read(unit)["Install"]["WantedBy"] == "timers.target"


def test_sockets_are_those_of_the_listeners_by_default() -> None:
    lines = (SYSTEMD / "relevo.socket").read_text().splitlines()

    assert [line.partition("=")[2] for line in lines if line.startswith("ListenStream=")] == [
        str(where) for where in (HTTP_AT, SMPP_AT, ADMIN_AT)
    ]
