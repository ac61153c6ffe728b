"""An SFTP server of a directory on 127.0.0.1, in a thread of its own: real keys, real connections, faults on demand."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import asyncssh

USER, PASSWORD = "acme", "s3cret-of-the-place"


@dataclass
class Faults:
    """What the server does wrong, from now on. Paths are as the client says them, names without directory."""

    silent: set[str] = field(default_factory=set)  # reading these never ends
    cut: set[str] = field(default_factory=set)  # the connection goes at the first read
    denied: set[str] = field(default_factory=set)
    lied: list[str] = field(default_factory=list)  # names that are in every listing
    reads: list[str] = field(default_factory=list)  # names that were opened
    files: list[BinaryIO] = field(default_factory=list)  # that were opened; some are never closed by who asked
    over: asyncio.Event = field(default_factory=asyncio.Event)  # lets go of silent reads at the end


@dataclass(frozen=True)
class SftpHost:
    """A server that runs; `directory` holds its files, `known_hosts` and `key` let in who has them."""

    port: int
    directory: Path
    known_hosts: Path
    key: Path
    faults: Faults

    @property
    def url(self) -> str:
        return f"sftp://{USER}@127.0.0.1:{self.port}/"


@contextmanager
def sftp_host(base: Path) -> Iterator[SftpHost]:
    """Serves `base`/files until the end of the block."""
    directory = base / "files"
    directory.mkdir()
    host_key, client_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    key = base / "client_key"
    client_key.write_private_key(key)
    faults = Faults()
    with _loop() as loop:

        def do(coroutine: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

        server = do(_listening(directory, host_key, client_key, faults))
        known_hosts = base / "known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{server.get_port()} {host_key.export_public_key().decode()}")
        try:
            yield SftpHost(server.get_port(), directory, known_hosts, key, faults)
        finally:
            do(_stopped(server, faults))


@contextmanager
def _loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _listening(directory: Path, host_key: Any, client_key: Any, faults: Faults) -> asyncssh.SSHAcceptor:
    allowed = asyncssh.import_authorized_keys(client_key.export_public_key().decode())

    class Login(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self.connection = conn

        def begin_auth(self, username: str) -> bool:
            if username == USER:
                self.connection.set_authorized_keys(allowed)
            return True

        def password_auth_supported(self) -> bool:
            return True

        def validate_password(self, username: str, password: str) -> bool:
            return (username, password) == (USER, PASSWORD)

    def made(channel: "asyncssh.SSHServerChannel[bytes]") -> asyncssh.SFTPServer:
        return _Faulty(channel, directory, faults)

    return await asyncssh.listen("127.0.0.1", 0, server_factory=Login, server_host_keys=[host_key], sftp_factory=made)


async def _stopped(server: asyncssh.SSHAcceptor, faults: Faults) -> None:
    faults.over.set()
    server.close()
    await server.wait_closed()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    for file in faults.files:
        file.close()


class _Faulty(asyncssh.SFTPServer):
    def __init__(self, channel: "asyncssh.SSHServerChannel[bytes]", directory: Path, faults: Faults) -> None:
        super().__init__(channel, chroot=str(directory).encode())
        self._faults = faults
        self._opened: dict[int, str] = {}

    async def scandir(self, path: bytes) -> Any:
        async for name in super().scandir(path):
            yield name
        for lie in self._faults.lied:
            yield asyncssh.SFTPName(lie.encode())

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        name = path.rpartition(b"/")[2].decode()
        if name in self._faults.denied:
            raise asyncssh.SFTPPermissionDenied("not for you")
        self._faults.reads.append(name)
        file = cast(BinaryIO, super().open(path, pflags, attrs))
        self._opened[id(file)] = name
        self._faults.files.append(file)
        return file

    async def read(self, file_obj: object, offset: int, size: int) -> bytes:
        name = self._opened[id(file_obj)]
        if name in self._faults.silent:
            await self._faults.over.wait()
        if name in self._faults.cut:
            self.connection.abort()
        found: bytes = super().read(file_obj, offset, size)  # type: ignore[assignment]
        return found
