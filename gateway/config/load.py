"""A configuration file to a Config, or to everything that is wrong with it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from gateway.config.checks import check
from gateway.config.document import BrokenYamlError, compose
from gateway.config.problems import ConfigError, Problem
from gateway.config.reading import Reading
from gateway.config.schema import Config
from gateway.config.structure import kind_of


class Loaded(NamedTuple):
    """A configuration that can be used, what somebody should still look at, and on which line each key stands."""

    config: Config
    warnings: tuple[Problem, ...]
    lines: Mapping[str, int]

    def line(self, path: str) -> int:
        """The line of the value at `path` (`carriers.telcel.tps`), or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[: max(0, path.rfind("."), path.rfind("["))]
        return self.lines.get(path, 1)


def load(path: str | Path, env: Mapping[str, str], *, secrets: bool = True) -> Loaded:
    """Reads the file at `path`; `${NAME}` comes from `env`. Raises ConfigError with all problems at once.

    Relative paths inside start from the file's directory. `secrets`: whether passwords, keys and tokens are needed;
    without them those whose variable is not set are empty.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError([Problem(str(path), 1, "", f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError([Problem(str(path), line, "", "is not UTF-8, expected a text in UTF-8")]) from error
    return parse(text, str(path), Path(path).absolute().parent, env, secrets=secrets)


def parse(text: str, file: str, base: Path, env: Mapping[str, str], *, secrets: bool = True) -> Loaded:
    """As `load`, of a text: `file` is what problems call it, `base` where relative paths start from."""
    try:
        root = compose(text)
    except BrokenYamlError as error:
        raise ConfigError([Problem(file, error.line, "", f"is not valid YAML: {error.reason}")]) from error
    if root is None:
        raise ConfigError([Problem(file, 1, "", "is empty, expected carriers, apps and routes")])
    reading = Reading(file, base, env, secrets=secrets)
    config: Config = kind_of(Config).read(root, (), reading)
    check(config, reading)
    if reading.problems:
        raise ConfigError(sorted(reading.problems, key=_place))
    return Loaded(config, tuple(sorted(reading.warnings, key=_place)), reading.lines)


def _place(problem: Problem) -> int:
    return problem.line
