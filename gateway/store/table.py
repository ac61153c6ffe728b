"""Rows in memory as a table keeps them: by key, walked in the order of the keys."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from gateway.store.rows import Row


class Table:
    """Rows by a key of their first `width` columns, walked in the order of the keys."""

    def __init__(self, width: int = 1) -> None:
        self._width = width
        self._rows: dict[Row, Row] = {}
        self._keys: list[Row] = []

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, *key: object) -> Row | None:
        """The row under a key."""
        return self._rows.get(key)

    def put(self, row: Row) -> None:
        """Insert a row, or replace the one under its key."""
        key = row[: self._width]
        if key not in self._rows:
            insort(self._keys, key)
        self._rows[key] = row

    def remove(self, key: Row) -> None:
        """Take away the row under a key, or all rows whose key begins so."""
        first = bisect_left(self._keys, key)
        last = first
        while last < len(self._keys) and self._keys[last][: len(key)] == key:
            del self._rows[self._keys[last]]
            last += 1
        del self._keys[first:last]

    def begins(self, *key: object) -> list[Row]:
        """The rows whose key begins so, in order."""
        found = []
        for index in range(bisect_left(self._keys, key), len(self._keys)):
            if self._keys[index][: len(key)] != key:
                break
            found.append(self._rows[self._keys[index]])
        return found

    def beyond(self, *key: object) -> Iterator[Row]:
        """The rows with a greater key, in order."""
        for index in range(bisect_right(self._keys, key), len(self._keys)):
            yield self._rows[self._keys[index]]

    def from_(self, *key: object) -> Iterator[Row]:
        """The rows with this key or a greater one, in order."""
        for index in range(bisect_left(self._keys, key), len(self._keys)):
            yield self._rows[self._keys[index]]

    def __iter__(self) -> Iterator[Row]:
        return self.from_()
