"""The pinned requirements: what pyproject.toml asks for, each file by its hash, the same versions everywhere."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
BASE = PROJECT["project"]["dependencies"]
EXTRAS = PROJECT["project"]["optional-dependencies"]
WANTED = {
    "run": BASE,
    "fetch": [*BASE, *EXTRAS["fetch"]],
    "dev": [*BASE, *EXTRAS["fetch"], *EXTRAS["dev"]],
    "build": PROJECT["build-system"]["requires"],
    "compile": [requirement for requirement in EXTRAS["dev"] if requirement.startswith(("mypy", "types-"))],
}
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.+!]+)(?: ; (?P<marker>[^\\]+?))? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")


def text_of(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text()


def pins_of(name: str) -> dict[str, str]:
    """By canonical name, the version pinned."""
    return {canonicalize_name(pin["name"]): pin["version"] for pin in PIN.finditer(text_of(name))}


@pytest.mark.parametrize("name", WANTED)
def test_pins_are_what_pyproject_asks_for(name: str) -> None:
    """When this fails: requirements/update."""
    pins = pins_of(name)
    for requirement in map(Requirement, WANTED[name]):
        version = pins.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not pinned: requirements/update"
        assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}: requirements/update"


@pytest.mark.parametrize("name", WANTED)
def test_every_line_is_a_pin_a_hash_or_a_comment(name: str) -> None:
    """No address of a registry, nothing unpinned, nothing without a hash."""
    pinned_before = False
    for line in text_of(name).splitlines():
        pinned = PIN.fullmatch(line) is not None
        assert pinned or HASH.fullmatch(line) or re.fullmatch(r" *#[^:/]*(?:requirements/[^:/]*)?", line), line
        assert not pinned_before or HASH.fullmatch(line), line
        pinned_before = pinned


def test_page_on_security_counts_what_runs() -> None:
    words = (ROOT / "docs" / "security.md").read_text()
    assert f"\n{len(pins_of('run'))} packages at run time" in words


def test_files_agree_on_versions_and_none_pins_what_only_another_needs() -> None:
    run, fetch, dev = pins_of("run"), pins_of("fetch"), pins_of("dev")
    assert run.items() <= fetch.items() <= dev.items()
    assert not {"pytest", "ruff", "mypy"} & fetch.keys()
    assert "asyncssh" not in run
    assert pins_of("compile").items() <= dev.items()


def test_build_in_says_what_pyproject_says() -> None:
    lines = (ROOT / "requirements" / "build.in").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == WANTED["build"]


@pytest.mark.parametrize("file", ["Dockerfile", "README.md"])
def test_installations_take_the_pins(file: str) -> None:
    words = (ROOT / file).read_text()
    assert "--require-hashes" in words
    assert all((ROOT / named).is_file() for named in set(re.findall(r"requirements/\w+\.txt", words)))
