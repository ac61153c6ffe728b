"""A place that gives files by SFTP. The host must show a key of the file of known hosts; there is no way around that.

The only module that imports asyncssh, which comes with the extra `fetch` and is loaded by one command.
"""

import asyncio
import os
import posixpath
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import asyncssh

from portability.daily import PlaceError, PlaceLost, RemoteFile

_PIECE = 1 << 18  # octets that must come within the timeout: 9 kB/s at 30 s; parts of it are under way in parallel
_LARGEST = 1 << 30  # octets; a day's file has some 40 MB
_LOST = (asyncssh.DisconnectError, asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, TimeoutError)


@dataclass(frozen=True, slots=True)
class Login:
    """Where, as whom, and how the two sides know one another. With `key` and `password` both are offered."""

    host: str
    port: int
    user: str
    known_hosts: Path
    key: Path | None = None
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"sftp://{self.user}@{self.host}:{self.port}"


@asynccontextmanager
async def opened(login: Login, directory: str, timeout_s: float) -> AsyncIterator["SftpPlace"]:
    """The place, logged in; `directory` is where its paths start. Raises PlaceError.

    Nothing of the user's own SSH set-up counts: no configuration, no agent, no key but the one given.
    """
    keys = [_private_key(login.key)] if login.key else None
    known_hosts = _known_hosts(login.known_hosts)
    with _failing(str(login), timeout_s):
        connection = await asyncssh.connect(
            login.host,
            login.port,
            username=login.user,
            password=login.password,
            client_keys=keys,
            known_hosts=known_hosts,
            agent_path=None,
            config=None,
            x509_trusted_certs=None,
            connect_timeout=timeout_s,
            login_timeout=timeout_s,
            keepalive_interval=timeout_s,
        )
    try:
        with _failing(str(login), timeout_s):
            async with asyncio.timeout(timeout_s):
                client = await connection.start_sftp_client()
        yield SftpPlace(client, str(login), directory, timeout_s)
    finally:
        connection.abort()  # everything that was asked for is here; a polite end could hang


class SftpPlace:
    """Satisfies `Place`."""

    def __init__(self, client: asyncssh.SFTPClient, where: str, directory: str, timeout_s: float) -> None:
        self._client = client
        self._where = where
        self._directory = directory
        self._timeout_s = timeout_s

    async def names(self, directory: str) -> list[str]:
        with _failing(f"{self._where}/{directory}", self._timeout_s):
            async with asyncio.timeout(self._timeout_s):
                try:
                    return [str(name) for name in await self._client.listdir(self._path(directory))]
                except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
                    return []

    async def file(self, path: str) -> RemoteFile | None:
        with _failing(f"{self._where}/{path}", self._timeout_s):
            async with asyncio.timeout(self._timeout_s):
                found = await self._client.stat(self._path(path))
        if found.permissions is not None and not stat.S_ISREG(found.permissions):
            return None
        if found.size is None or found.mtime is None:
            raise PlaceError(f"{self._where}/{path}: the server does not say how large or how old it is")
        return RemoteFile(path, found.size, int(found.mtime))

    async def copy(self, file: RemoteFile, to: Path) -> None:
        where = f"{self._where}/{file.path}"
        if file.size > _LARGEST:
            raise PlaceError(f"{where}: has {file.size} octets, at most {_LARGEST} are fetched")
        with _failing(where, self._timeout_s), _written_whole(to, file.modified) as part:
            async with self._open(file.path) as source:
                copied = 0
                while piece := await self._piece(source):
                    copied += len(piece)
                    if copied > file.size:
                        break
                    part.write(piece)
            if copied != file.size:
                raise PlaceError(f"{where}: had {file.size} octets when it was listed, and other than that when read")

    @asynccontextmanager
    async def _open(self, path: str) -> AsyncIterator[asyncssh.SFTPClientFile]:
        """After a failure it is left to the end of the connection: a server that is silent does not close either."""
        async with asyncio.timeout(self._timeout_s):
            source = await self._client.open(self._path(path), "rb")
        yield source
        async with asyncio.timeout(self._timeout_s):
            await source.close()

    async def _piece(self, source: asyncssh.SFTPClientFile) -> bytes:
        async with asyncio.timeout(self._timeout_s):
            return cast(bytes, await source.read(_PIECE))  # opened "rb": never text

    def _path(self, path: str) -> str:
        return posixpath.join(self._directory, path) or "."


@contextmanager
def _written_whole(to: Path, modified: int) -> Iterator["tempfile._TemporaryFileWrapper[bytes]"]:
    """A file that is at `to` when all of it is on disk, as old as the one it is a copy of; or not at all."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=to.parent, prefix=".", suffix=".part", delete=False) as part:
        try:
            yield part
            part.flush()
            os.fsync(part.fileno())
            os.utime(part.name, (modified, modified))
            Path(part.name).replace(to)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise


@contextmanager
def _failing(where: str, timeout_s: float) -> Iterator[None]:
    """What goes wrong inside, as PlaceError in words that hold no secret."""
    try:
        yield
    except TimeoutError as error:
        raise PlaceLost(f"{where}: no answer within {timeout_s:g} s") from error
    except _LOST as error:
        raise PlaceLost(f"{where}: {_said(error)}") from error
    except asyncssh.Error as error:
        raise PlaceError(f"{where}: {_said(error)}") from error
    except OSError as error:
        raise PlaceError(f"{where}: {error.strerror or error}") from error


def _said(error: BaseException) -> str:
    match error:
        case asyncssh.HostKeyNotVerifiable():
            return "the host shows a key that is not in known_hosts; nothing was sent to it"
        case asyncssh.PermissionDenied():
            return "the host does not let us in: key, password or user is not the one it knows"
        case _:
            return str(error) or type(error).__name__


def _private_key(path: Path) -> asyncssh.SSHKey:
    try:
        return asyncssh.read_private_key(path)
    except OSError as error:
        raise PlaceError(f"{path}: {error.strerror}") from error
    except asyncssh.KeyEncryptionError as error:
        raise PlaceError(f"{path}: the key has a passphrase; nobody is there to type it") from error
    except asyncssh.KeyImportError as error:
        raise PlaceError(f"{path}: is no private key: {error}") from error


def _known_hosts(path: Path) -> asyncssh.SSHKnownHosts:
    """The hosts of the file. An object, never None: that would turn the check off."""
    try:
        return asyncssh.read_known_hosts(str(path))
    except OSError as error:
        raise PlaceError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise PlaceError(f"{path}: is no file of known hosts: {error}") from error
