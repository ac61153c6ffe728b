"""The store that a configuration names, opened to be read by a command."""

from collections.abc import Iterator
from contextlib import contextmanager

from gateway.cli.failure import WRONG_USAGE, Failure
from gateway.config import Config
from gateway.errors import StoreError
from gateway.store.reader import StoreReader


@contextmanager
def store_of(config: Config, *, snapshot: bool = False) -> Iterator[StoreReader]:
    """A reader of the store, see StoreReader. Raises Failure for all that a store can raise inside."""
    path = config.store.url.path
    if path is None:
        raise Failure(f"store.url is {config.store.url}: this command reads SQLite stores only", WRONG_USAGE)
    try:
        with StoreReader(path, snapshot=snapshot) as store:
            yield store
    except StoreError as error:
        raise Failure(str(error)) from None
