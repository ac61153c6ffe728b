"""Deleting what has outlived the retention."""

from gateway.pruning import ANSWERS_FOR_S, PAUSE_S, ROWS, Pruning

NOW, RETENTION_S = 1_800_000_000.0, 3_600.0


class Rows:
    """A store with so many rows that have outlived it."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.asked: set[tuple[float, float | None]] = set()

    async def prune(self, before: float, limit: int, *, answers_before: float | None = None) -> int:
        self.asked.add((before, answers_before))
        went = min(limit, self.rows)
        self.rows -= went
        return went


async def test_pruning_takes_all_that_has_outlived_the_retention_with_a_pause_behind_each_slice() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    store = Rows(2 * ROWS + 10)
    assert await Pruning(store, sleep=sleep).sweep(NOW, RETENTION_S) == 2 * ROWS + 10
    assert (store.rows, store.asked, slept) == (0, {(NOW - RETENTION_S, NOW - ANSWERS_FOR_S)}, [PAUSE_S] * 2)
