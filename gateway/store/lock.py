"""One process a store: a lock on a file beside it, held as long as the store is open."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from gateway.errors import StoreError


class FileLock:
    """An exclusive lock (flock(2)) on a file that is made for it. The kernel lets go of it when the process ends.

    The file stays: removing it would let a third process lock a new file of the same name beside the second.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock without waiting. Raises StoreError when it cannot, and names the process that holds it."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreError(f"cannot make the lock file {self._path}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise StoreError(f"{self._path} is held by another process (pid {holder})") from error
        except OSError as error:
            os.close(descriptor)
            raise StoreError(f"cannot lock {self._path}: {error.strerror}") from error
        self._sign(descriptor)
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go of it; not holding it is no error."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @staticmethod
    def _sign(descriptor: int) -> None:
        """Leave our pid for whoever comes second; on a full disk the lock holds without it."""
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
