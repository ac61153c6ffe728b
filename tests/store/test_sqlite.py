"""What only the SQLite twin has: its file, its lock, its schema, and what becomes of it when the disk says no."""

import asyncio
import os
import sqlite3
import stat
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.message import Content
from gateway.store.migrate import migrate
from gateway.store.queries import read_migrations, read_queries, split_queries
from gateway.store.sqlite import SqliteStore
from gateway.store.store import Changes, QueueDepth, Unwritable
from tests.support.store import BASE, a_delivery, a_message, an_id, pragma, submitted


def some(n: int) -> Changes:
    return Changes(accepted=[a_message(n, content=Content(text="x" * 2000))])


# -- the file ---------------------------------------------------------------------------------------------------------


async def test_file_is_for_its_owner_only(sqlite: SqliteStore, tmp_path: Path) -> None:
    await sqlite.commit(some(1))
    for name in ("relevo.db", "relevo.db-wal", "relevo.db.lock"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(("sync", "number"), [("full", 2), ("normal", 1)])
async def test_sync_decides_when_the_file_is_synced(tmp_path: Path, sync: str, number: int) -> None:
    store = SqliteStore(tmp_path / "x y?#%.db", sync=sync)
    await store.open()
    assert await pragma(store, "synchronous") == number
    assert await pragma(store, "journal_mode") == "wal"
    assert await pragma(store, "page_size") == 8192
    await store.close()
    assert (tmp_path / "x y?#%.db").exists()


def test_sync_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="full or normal"):
        SqliteStore(tmp_path / "relevo.db", sync="off")


async def test_file_in_no_directory_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file or directory"):
        await SqliteStore(tmp_path / "none" / "relevo.db").open()


async def test_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="not a database"):
        await SqliteStore(path).open()
    assert path.read_bytes().startswith(b"this is not")


async def test_somebody_elses_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(StoreError, match="not a store of this program"):
        await SqliteStore(path).open()


async def test_store_of_a_newer_release_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "relevo.db"
    store = SqliteStore(path)
    await store.open()
    await pragma(store, "user_version = 99")
    await store.close()
    with pytest.raises(StoreError, match=r"schema 99.*newer release"):
        await store.open()


async def test_second_process_is_kept_out_and_told_who_is_in(sqlite: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"held by another process .pid {os.getpid()}"):
        await SqliteStore(tmp_path / "relevo.db").open()
    await sqlite.close()
    second = SqliteStore(tmp_path / "relevo.db")
    await second.open()
    await second.close()


async def test_people_can_read_messages_at_the_prompt(sqlite: SqliteStore, tmp_path: Path) -> None:
    await sqlite.commit(Changes(accepted=[submitted(a_message(1, reference="r7"))]))
    with closing(sqlite3.connect(tmp_path / "relevo.db")) as prompt:
        prompt.row_factory = sqlite3.Row
        row = dict(prompt.execute("SELECT * FROM readable_messages WHERE id = ?", (an_id(1),)).fetchone())
    assert row["status"] == "submitted"
    assert row["text"] == "hola, ¿qué tal?"
    assert row["sender"] == "45555"
    assert row["network"] == "telcel"
    assert row["reference"] == "r7"
    assert row["created_at"] == "2023-11-14T22:13:21.000Z"
    assert '"a1b2"' in row["segments"]


async def test_hot_tables_are_read_and_written_by_their_keys(sqlite: SqliteStore) -> None:
    """The plans of the queries on the hot way and of a start: nothing is sorted, no walk where a key leads."""
    queries = read_queries("sqlite")

    def plan(connection: sqlite3.Connection, name: str) -> str:
        sql = queries[name]
        parameters = (None,) * (3 if "?3" in sql else sql.count("?"))
        rows = connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()
        return "; ".join(row[3] for row in rows)

    for name in ("update", "delivered", "postpone", "messages", "waiting", "unanswered", "due", "deliveries"):
        text = await sqlite._writer.run(plan, name)
        assert "TEMP B-TREE" not in text, text
        assert not text.startswith("SCAN messages"), text
        assert "SCAN deliveries" not in text, text
    assert "deliveries_by_app" in await sqlite._writer.run(plan, "deliveries")
    assert "COVERING INDEX deliveries_by_app" in await sqlite._writer.run(plan, "deliveries_waiting")
    assert "deliveries_dead" in await sqlite._writer.run(plan, "dead_deliveries")
    assert "deliveries_by_app" in await sqlite._writer.run(plan, "bulk_deliveries")
    text = await sqlite._writer.run(plan, "urgent_deliveries")
    assert "INDEX deliveries_urgent (app=? AND kind=?)" in text
    assert "TEMP B-TREE" not in text


async def test_walks_begin_where_the_last_slice_ended(sqlite: SqliteStore) -> None:
    """The last slice of many costs as little as the first: counted in steps of SQLite's machine."""
    rows = 2_000
    await sqlite.commit(Changes(accepted=[submitted(a_message(n)) if n % 2 else a_message(n) for n in range(rows)]))
    await sqlite.commit(Changes(deliveries={an_id(n): a_delivery(n) for n in range(rows)}))
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 100
        return 0

    await sqlite._scanner.run(lambda connection: connection.set_progress_handler(count, 100))
    late = an_id(rows - 5)
    assert len(await sqlite.unanswered("", late, 100)) == 2
    assert len(await sqlite.unanswered(late, "", 100)) == 3
    assert len(await sqlite.waiting("telcel", "bulk", late, 100)) == 2
    assert len(await sqlite.deliveries("bank", BASE, late, 100)) == 4
    assert len(await sqlite.depths(late)) == 1
    assert steps < rows  # one walk over all of them takes several times as many


async def test_what_waits_is_counted_in_slices(sqlite: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.store.sqlite.COUNTED_AT_ONCE", 2)
    await sqlite.commit(
        Changes(
            accepted=[
                a_message(n, lane="fast" if n == 3 else "bulk", carrier="att" if n > 4 else "telcel")
                for n in range(1, 7)
            ]
        )
    )

    assert await sqlite.depths(an_id(2)) == [
        QueueDepth("att", "bulk", 2, an_id(5), BASE + 5),
        QueueDepth("telcel", "bulk", 2, an_id(2), BASE + 2),
        QueueDepth("telcel", "fast", 1, an_id(3), BASE + 3),
    ]


# -- when the disk says no --------------------------------------------------------------------------------------------


async def test_full_disk_is_a_store_error_and_goes_by_itself(sqlite: SqliteStore) -> None:
    await sqlite.commit(some(0))
    pages = await pragma(sqlite, "page_count")
    await pragma(sqlite, f"max_page_count = {pages}")
    full = Changes(accepted=[a_message(n, content=Content(text="x" * 2000)) for n in range(1, 50)])
    full.updated[an_id(0)] = submitted(a_message(0))
    with pytest.raises(StoreError, match="full") as caught:
        await sqlite.commit(full)
    assert not isinstance(caught.value, Unwritable)
    assert await sqlite.message(an_id(1)) is None
    assert await sqlite.message(an_id(0)) == some(0).accepted[0]
    await pragma(sqlite, "max_page_count = 1000000")
    await sqlite.commit(full)
    assert await sqlite.message(an_id(49)) is not None


async def test_file_locked_by_another_program_is_a_store_error_and_goes_by_itself(
    sqlite: SqliteStore, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "relevo.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked") as caught:
            await sqlite.commit(some(1))
        assert not isinstance(caught.value, Unwritable)
        assert await sqlite.message(an_id(1)) is None  # reads go on
        other.execute("ROLLBACK")
        await sqlite.commit(some(1))
    assert await sqlite.message(an_id(1)) is not None


async def test_file_that_turned_read_only_is_a_store_error_and_goes_by_itself(sqlite: SqliteStore) -> None:
    await pragma(sqlite, "query_only = ON")
    with pytest.raises(StoreError, match="readonly"):
        await sqlite.commit(some(1))
    # The connection is opened anew on the next try, and with that the cause is gone.
    await sqlite.commit(some(1))
    assert await sqlite.message(an_id(1)) is not None


@contextmanager
def nobody() -> Iterator[None]:
    """Without root's rights, where the tests have them: root may write what is read-only."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def anyones() -> Iterator[Path]:
    """A directory of which all may make use; into the parents of tmp_path only its owner may look."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o777)
        yield directory


async def test_file_that_may_not_be_written_is_a_clear_error(anyones: Path) -> None:
    path = anyones / "relevo.db"
    store = SqliteStore(path)
    await store.open()
    await store.commit(some(1))
    await store.close()
    path.chmod(0o444)
    (anyones / "relevo.db.lock").chmod(0o666)
    with nobody(), pytest.raises(StoreError, match="Permission denied"):
        await store.open()
    path.chmod(0o600)
    await store.open()
    assert await store.message(an_id(1)) is not None
    await store.close()


async def test_broken_connection_is_opened_anew_while_readers_keep_coming(sqlite: SqliteStore, tmp_path: Path) -> None:
    await sqlite.commit(some(1))

    def fail(_connection: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR_READ
        error.sqlite_errorname = "SQLITE_IOERR_READ"
        raise error

    for connection in (sqlite._reader, sqlite._writer):
        with pytest.raises(StoreError, match=r"disk I/O error .SQLITE_IOERR_READ"):
            await connection.run(fail)
    found = await asyncio.gather(*(sqlite.message(an_id(1)) for _ in range(10)))
    assert all(found)
    await sqlite.commit(some(2))


async def test_file_that_went_away_is_an_error_until_it_is_back(sqlite: SqliteStore, tmp_path: Path) -> None:
    """It is never made anew behind our back: an empty store would look healthy."""
    await sqlite.commit(some(1))
    path = tmp_path / "relevo.db"

    def fail(_connection: sqlite3.Connection) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    with pytest.raises(StoreError):
        await sqlite._writer.run(fail)
    path.rename(tmp_path / "away")
    for _ in range(2):
        with pytest.raises(StoreError, match="unable to open"):
            await sqlite.commit(some(2))
    assert not path.exists()
    (tmp_path / "away").rename(path)
    await sqlite.commit(some(2))
    assert await sqlite.message(an_id(2)) is not None


async def test_rollback_that_failed_is_made_up_for(sqlite: SqliteStore) -> None:
    await sqlite._writer.run(lambda connection: connection.execute("BEGIN IMMEDIATE"))
    await sqlite.commit(some(1))
    assert await sqlite.message(an_id(1)) is not None


async def test_reads_see_what_was_committed_and_nothing_else(sqlite: SqliteStore) -> None:
    await sqlite._writer.run(lambda connection: connection.execute("BEGIN IMMEDIATE"))
    await sqlite._writer.run(lambda connection: connection.execute("INSERT INTO settings VALUES ('a', 'b')"))
    assert await sqlite.settings() == {}
    await sqlite._writer.run(lambda connection: connection.execute("COMMIT"))
    assert await sqlite.settings() == {"a": "b"}


async def test_deleted_rows_make_room_for_new_ones(sqlite: SqliteStore) -> None:
    for _ in range(3):
        rows = {an_id(n): a_delivery(n, detail="x" * 500) for n in range(200)}
        await sqlite.commit(Changes(deliveries=rows))
        await sqlite.commit(Changes(delivered=set(rows)))
    assert await pragma(sqlite, "freelist_count") > 0
    assert await sqlite.deliveries("bank", BASE, "", 9) == []


# -- SQL beside the code ----------------------------------------------------------------------------------------------


def test_queries_are_split_by_their_names() -> None:
    text = "-- a head\n\n-- name: one\n-- why\nSELECT 1\nFROM t;\n\n-- name: two\nDELETE FROM t;\n"
    assert split_queries(text) == {"one": "SELECT 1 FROM t", "two": "DELETE FROM t"}


def test_query_that_is_there_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        split_queries("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;\n")


def test_deliveries_of_an_older_schema_are_marked_by_their_lane() -> None:
    migrations = read_migrations("sqlite")
    store = sqlite3.connect(":memory:")
    assert migrate(store, migrations[:2]) == 2
    row = "'bank', '{}', '{}', 5, 0, '', 'waiting', 0, 0, 0, ''"
    for n, lane in enumerate(("fast", "bulk")):
        store.execute(f"INSERT INTO messages VALUES ('{lane}', 5, '{lane}', '', 'bank', 0, 0, 0, 0, '', '', '', '')")
        store.execute(f"INSERT INTO deliveries VALUES ('{n}', {row.format('receipt', lane)})")
    store.execute(f"INSERT INTO deliveries VALUES ('2', {row.format('inbound', 'in')})")
    store.commit()
    assert migrate(store, migrations[:3]) == 1
    assert store.execute("SELECT id, urgent FROM deliveries ORDER BY id").fetchall() == [("0", 1), ("1", 0), ("2", 1)]
    store.close()


def test_migrations_are_numbered_from_one() -> None:
    assert [migration.version for migration in read_migrations("sqlite")] == list(
        range(1, len(read_migrations("sqlite")) + 1)
    )
