"""One reading of one file: where values stand, what the environment says, and the problems found so far."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from yaml.nodes import Node, ScalarNode

from gateway.config.credential_files import WithCredentials
from gateway.config.document import is_standard, line_of
from gateway.config.environment import lacks, refers, substitute
from gateway.config.problems import KeyPath, Problem, render_path
from gateway.config.units import BadValueError

_LONGEST_SHOWN = 60


class Written(NamedTuple):
    """A scalar with its references to the environment filled.

    `shown` is safe to print: what came from the environment, or stands between `//` and `@` of a URL, is left out.
    `quoted`: it stood in quotes and held no reference, so that it is meant as text.
    """

    text: str
    shown: str
    quoted: bool


class Reading:
    """Collects what a reading finds. Kinds (kinds.py, structure.py) read values; checks (check.py) use the lines."""

    def __init__(self, file: str, base: Path, env: Mapping[str, str], *, secrets: bool = True) -> None:
        """`file` is the name for the problems, `base` the directory that relative paths start from. Without `secrets`
        a secret whose variable is not set is no problem: nobody is going to log in with what is read."""
        self.file = file
        self.base = base
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self._env = WithCredentials(env)
        self._secrets = secrets
        self._lines: dict[KeyPath, int] = {}
        self._wrong: set[KeyPath] = set()

    def mark(self, path: KeyPath, node: Node) -> None:
        """Remembers where the value at `path` stands."""
        self._lines[path] = line_of(node)

    def line(self, path: KeyPath) -> int:
        """The line of the value at `path`, or of the nearest thing around it that the file has."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    @property
    def lines(self) -> dict[str, int]:
        """The line of every value that was read, by its path as people read it."""
        return {render_path(path): line for path, line in self._lines.items()}

    def wrong(self, path: KeyPath, message: str, node: Node | None = None) -> None:
        """Notes a problem of the value at `path`, on the line of `node` if given."""
        line = line_of(node) if node is not None else self.line(path)
        self._wrong.add(path)
        self.problems.append(Problem(self.file, line, render_path(path), message))

    def warn(self, path: KeyPath, message: str) -> None:
        """Notes something that is accepted, but that somebody should look at."""
        self.warnings.append(Problem(self.file, self.line(path), render_path(path), message))

    def is_wrong(self, path: KeyPath) -> bool:
        """Whether a problem was noted for `path` or something around it: then its value is only a stand-in."""
        return any(path[:length] in self._wrong for length in range(1, len(path) + 1))

    def is_wrong_inside(self, path: KeyPath) -> bool:
        """Whether a problem was noted for `path`, something around it or something in it."""
        return self.is_wrong(path) or any(place[: len(path)] == path for place in self._wrong)

    def withheld(self, node: Node, path: KeyPath) -> bool:
        """Whether the secret at `path` is not there and need not be; a stand-in takes its place, unchecked."""
        if self._secrets or not isinstance(node, ScalarNode) or not lacks(str(node.value), self._env):
            return False
        self._wrong.add(path)
        return True

    def written(self, node: ScalarNode, path: KeyPath) -> Written | None:
        """The text of a scalar; None, with a problem noted, when the environment cannot fill it or YAML tags it."""
        if not is_standard(node):
            self.wrong(path, f"has the YAML tag {node.tag}, expected a plain value", node)
            return None
        raw = str(node.value)
        try:
            text = substitute(raw, self._env)
        except BadValueError as error:
            self.wrong(path, f"{error}", node)
            return None
        if refers(raw):
            return Written(text, f"the environment's value for {_short(raw)}", quoted=False)
        return Written(text, _short(_without_credentials(raw)), quoted=node.style is not None)


def _short(text: str) -> str:
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    return repr(shown)


def _without_credentials(text: str) -> str:
    scheme, slashes, rest = text.partition("//")
    credentials, at, host = rest.rpartition("@")
    return f"{scheme}{slashes}***{at}{host}" if slashes and at and credentials else text
