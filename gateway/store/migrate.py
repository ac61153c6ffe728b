"""Brings an SQLite file to the schema this program knows: numbered steps, each all or nothing."""

import sqlite3
from collections.abc import Sequence

from gateway.errors import StoreError
from gateway.store.queries import Migration


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> int:
    """Run the steps that are missing, counted in `user_version`; how many there were.

    Raises StoreError where the file was written by a newer program, or is somebody else's database; sqlite3.Error
    where a step fails, which then has changed nothing.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    newest = migrations[-1].version
    if version > newest:
        raise StoreError(
            f"the store has schema {version}, this program knows {newest}: a newer release wrote it; run that one"
        )
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise StoreError("the file is an SQLite database, but not a store of this program")
    missing = [migration for migration in migrations if migration.version > version]
    for migration in missing:
        _step(connection, migration)
    return len(missing)


def _step(connection: sqlite3.Connection, migration: Migration) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migration.sql}\nPRAGMA user_version = {migration.version};\nCOMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
