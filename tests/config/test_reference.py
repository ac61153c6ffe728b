"""conf/reference.yaml against the schema, both ways; conf/example.yaml as it ships."""

import re
from pathlib import Path

import pytest

from gateway.config import Config, load
from gateway.config.document import is_null
from gateway.config.kinds import ScalarKind
from gateway.config.reading import Reading
from gateway.config.structure import default_of
from tests.config.documents import HASH, OTHER_HASH, SIGNING_SECRET
from tests.config.keys import Use, schema_keys, uses

CONF = Path(__file__).parents[2] / "conf"
REFERENCE = (CONF / "reference.yaml").read_text()
ROLES = {"routes[*].via"}  # has a default because a route may deny in its place; one that does not must have it
BLOCKS = [re.sub(r"(?m)^#: ?", "", block) for block in re.findall(r"(?m)(?:^#:.*\n)+", REFERENCE)]


def documented() -> list[tuple[str, Use]]:
    """Every key that the reference shows, in use or after #:."""
    return [found for text in (REFERENCE, *BLOCKS) for found in uses(text)]


def test_reference_loads_as_it_is() -> None:
    loaded = load(CONF / "reference.yaml", {})
    assert isinstance(loaded.config, Config)


def test_reference_shows_every_key_of_the_schema_and_no_other() -> None:
    assert {path for path, use in documented() if use.field} == {path for path, field in schema_keys().items() if field}


def defaults() -> list[tuple[str, Use]]:
    """What must show its default: all that is in use, and after #: the single values that have one."""
    in_use = [
        (path, use) for path, use in uses(REFERENCE) if use.field and default_of(use.field)[0] and path not in ROLES
    ]
    after = [(path, use) for block in BLOCKS for path, use in uses(block) if isinstance(use.kind, ScalarKind)]
    return in_use + [(path, use) for path, use in after if use.field and default_of(use.field)[1] and path != "node"]


@pytest.mark.parametrize(("path", "use"), defaults())
def test_reference_shows_the_default(path: str, use: Use) -> None:
    assert use.field is not None
    reading = Reading("reference.yaml", CONF, {})
    default = default_of(use.field)[1]
    value = default if is_null(use.node) and default is None else use.kind.read(use.node, (path,), reading)
    assert reading.problems == []
    assert value == default


def test_blocks_of_the_reference_are_right_but_for_what_they_leave_out() -> None:
    for block in BLOCKS:
        for path, use in uses(block):
            reading = Reading("reference.yaml", CONF, {"EXAMPLE_HOOK_SECRET": SIGNING_SECRET})
            use.kind.read(use.node, (path,), reading)
            assert [problem for problem in reading.problems if "is missing" not in problem.message] == []


def test_reference_says_what_is_required_and_only_that() -> None:
    marked = {
        path
        for text in (REFERENCE, *BLOCKS)
        for path, use in uses(text)
        if use.field and "# required" in text.splitlines()[use.line - 1]
    }
    required = {path for path, field in schema_keys().items() if field and not default_of(field)[0]}
    inner = {path for path in required if path.endswith((".ton", ".npi"))}  # in one line with their defaults
    assert marked == required - inner


def test_every_line_of_the_reference_says_what_the_key_is_for() -> None:
    keyed = [line for line in REFERENCE.splitlines() if re.match(r"(#: )?\s*(- )?[a-z_0-9]+:", line)]
    silent = [line for line in keyed if "  # " not in line and not line.rstrip().endswith(":")]
    allowed = re.compile(r"\s+(fast|bulk): (0s|120s)$|#:\s+api_keys: ")
    assert [line for line in silent if not allowed.match(line)] == []


def test_example_loads_with_its_environment_and_points_at_nothing_but_files_to_come() -> None:
    names = re.findall(r"\$\{([A-Z_0-9]+)\}", (CONF / "example.yaml").read_text())
    env = dict.fromkeys(names, "secret") | {
        "BANK_KEY_SHA256": HASH,
        "SHOP_KEY_SHA256": OTHER_HASH,
        "BANK_HOOK_SECRET": SIGNING_SECRET,
        "SHOP_HOOK_SECRET": SIGNING_SECRET,
    }
    loaded = load(CONF / "example.yaml", env)
    assert list(loaded.config.carriers) == ["telcel", "att", "movistar"]
    assert [warning for warning in loaded.warnings if "is not there yet" not in warning.message] == []


def test_example_names_its_environment_in_its_head() -> None:
    text = (CONF / "example.yaml").read_text()
    head = text.partition("\n\n")[0]
    assert all(name in head for name in re.findall(r"\$\{([A-Z_0-9]+)\}", text))
