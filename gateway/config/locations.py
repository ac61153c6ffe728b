"""Kinds of values that say where something is kept: files, and the store's URL."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from yaml.nodes import Node

from gateway.config.kinds import ScalarKind
from gateway.config.problems import KeyPath
from gateway.config.reading import Reading
from gateway.config.secret import MASK, Secret


class FileKind(ScalarKind[Path]):
    """A file; a relative path starts from the directory of the configuration file."""

    def __init__(self, of: str) -> None:
        self.expected = f"the path of {of}"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> Path:
        return reading.base / super().read(node, path, reading)

    def parse(self, text: str) -> Path:
        if not text or text.endswith("/"):
            raise self.wrong("is not the path of a file")
        if "\0" in text:
            raise self.wrong("has a NUL character")
        return Path(text)

    def stand_in(self) -> Path:
        return Path("/dev/null")


@dataclass(frozen=True, slots=True)
class StoreUrl:
    """Where the store is: for `sqlite` the absolute `path` of its file, for `postgresql` the `dsn` with its password.

    Printed forms leave the credentials out.
    """

    engine: Literal["sqlite", "postgresql"]
    path: Path | None = None
    dsn: Secret | None = None

    def __str__(self) -> str:
        if self.dsn is None:
            return f"sqlite://{self.path}"
        scheme, _, rest = self.dsn.reveal().partition("://")
        credentials, at, place = rest.rpartition("@")
        return f"{scheme}://{MASK if credentials else ''}{at}{place.partition('?')[0]}"


class StoreUrlKind(ScalarKind[StoreUrl]):
    """`sqlite:///absolute`, `sqlite:relative` to the configuration file, or `postgresql://…` (contract §2)."""

    expected = "sqlite:///absolute/path, sqlite:relative/path or postgresql://user:password@host/database"

    def read(self, node: Node, path: KeyPath, reading: Reading) -> StoreUrl:
        url = super().read(node, path, reading)
        return url if url.path is None else replace(url, path=reading.base / url.path)

    def parse(self, text: str) -> StoreUrl:
        scheme, colon, rest = text.partition(":")
        if colon and scheme == "sqlite":
            return StoreUrl("sqlite", path=self._sqlite_path(rest))
        if colon and scheme == "postgresql" and rest.startswith("//") and len(rest) > 2:
            return StoreUrl("postgresql", dsn=Secret(text))
        raise self.wrong("is not the URL of a store")

    def stand_in(self) -> StoreUrl:
        return StoreUrl("sqlite", path=Path("/dev/null"))

    def _sqlite_path(self, rest: str) -> Path:
        if rest.startswith("//") and not rest.startswith("///"):
            raise self.wrong("has two slashes (three for an absolute path, none for a relative one)")
        if not rest.strip("/") or rest.endswith("/") or "\0" in rest or rest == ":memory:":
            raise self.wrong("names no file")
        return Path("/" + rest.lstrip("/")) if rest.startswith("/") else Path(rest)
