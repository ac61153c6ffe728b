"""SQL that is kept beside the code: named queries and numbered migrations, a dialect each.

A query begins with a line `-- name: NAME` and ends where the next begins. A migration is a file `NNN_….DIALECT.sql`;
its number is the schema version it leads to.
"""

from importlib.resources import files
from typing import NamedTuple

_MARK = "-- name:"


class Migration(NamedTuple):
    """A step of the schema: the version it leads to, the file's name, and its statements."""

    version: int
    name: str
    sql: str


def read_queries(dialect: str) -> dict[str, str]:
    """The named queries of a dialect, by name."""
    text = files(__package__).joinpath(f"queries.{dialect}.sql").read_text(encoding="utf-8")
    return split_queries(text)


def split_queries(text: str) -> dict[str, str]:
    """Queries by name, without comment lines; what stands before the first mark is a comment. No name comes twice."""
    queries: dict[str, str] = {}
    for block in text.split(_MARK)[1:]:
        name, _, body = block.partition("\n")
        lines = [line.strip() for line in body.splitlines() if line.strip() and not line.lstrip().startswith("--")]
        if name.strip() in queries:
            raise ValueError(f"query {name.strip()} is there twice")
        queries[name.strip()] = " ".join(lines).rstrip(";")
    return queries


def read_migrations(dialect: str) -> list[Migration]:
    """The migrations of a dialect in the order of their numbers, which run from 1 without a gap."""
    found = sorted(file.name for file in files(__package__).iterdir() if _is_migration(file.name, dialect))
    migrations = [
        Migration(int(name[:3]), name, files(__package__).joinpath(name).read_text(encoding="utf-8")) for name in found
    ]
    if [migration.version for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError(f"migrations are not numbered 001, 002, …: {found}")
    return migrations


def _is_migration(name: str, dialect: str) -> bool:
    return name[:3].isdigit() and name[3:4] == "_" and name.endswith(f".{dialect}.sql")
