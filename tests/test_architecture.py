"""The arrows of CONTRIBUTING.md: pyproject.toml's import contracts hold, and the protocol needs only Python itself."""

import sys
from pathlib import Path

import grimp
import pytest
from importlinter.cli import lint_imports

PROJECT = Path(__file__).resolve().parents[1]
ROOMS = ("gateway", "routes", "throughput", "portability")


def test_imports_go_only_where_the_contracts_let_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(PROJECT)
    monkeypatch.setattr(sys, "path", list(sys.path))  # the linter prepends the working directory

    code = lint_imports(config_filename="pyproject.toml", no_cache=True, no_logo=True)

    assert code == 0, capsys.readouterr().out


def test_protocol_imports_nothing_but_itself_and_the_standard_library() -> None:
    graph = grimp.build_graph(*ROOMS, include_external_packages=True, cache_dir=None)
    protocol = {"gateway.smpp"} | graph.find_descendants("gateway.smpp")

    foreign = {
        f"{module} imports {imported}"
        for module in protocol
        for imported in graph.find_modules_directly_imported_by(module)
        if imported not in protocol and imported.split(".")[0] not in sys.stdlib_module_names
    }

    assert foreign == set()
