"""The section about fetching the administrator's daily files: where from, as whom, which, and where copies stay."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import unquote, urlsplit

from gateway.config.addresses import HostKind
from gateway.config.kinds import Integer, ScalarKind, SecretText
from gateway.config.locations import FileKind
from gateway.config.quantities import Duration
from gateway.config.secret import Secret
from gateway.config.units import Address, BadValueError, format_address
from portability.day_pattern import DayPattern

SSH_PORT = 22
PATTERN = DayPattern("%Y.%m.%d/Numbers*-%Y%m%d.xml")  # as the regulator's own system fetches them


class SftpUrl(NamedTuple):
    """A directory of an SFTP server: `/` begins at the server's root, "" at the user's home."""

    user: str
    host: str
    port: int
    directory: str

    def __str__(self) -> str:
        return f"sftp://{self.user}@{format_address(Address(self.host, self.port))}{self.directory}"


class SftpUrlKind(ScalarKind[SftpUrl]):
    """`sftp://user@host:port/directory`. Never with a password: URLs are shown and logged."""

    expected = "sftp://USER@HOST:PORT/DIRECTORY, e.g. sftp://acme@files.example.net:22/ported"

    def parse(self, text: str) -> SftpUrl:
        try:
            parts = urlsplit(text)
            port = parts.port or SSH_PORT
        except ValueError:
            raise self.wrong("is not an sftp URL") from None
        if parts.scheme != "sftp" or not parts.hostname or " " in text or not text.isprintable():
            raise self.wrong("is not an sftp URL")
        if parts.password is not None:
            raise self.wrong("has a password in it (portability.fetch.password is its place)")
        if not parts.username:
            raise self.wrong("names no user")
        if parts.query or parts.fragment:
            raise self.wrong("has a ? or #")
        try:
            host = HostKind().parse(parts.hostname)
        except BadValueError as error:
            raise self.wrong(f"has a host that {error.what}") from None
        return SftpUrl(unquote(parts.username), host, port, unquote(parts.path))

    def stand_in(self) -> SftpUrl:
        return SftpUrl("nobody", "127.0.0.1", 1, "")


class DayPatternKind(ScalarKind[DayPattern]):
    """Which files of the place are a day's."""

    expected = "a path with %Y, %m and %d, and * in its last part, e.g. %Y.%m.%d/Numbers*-%Y%m%d.xml"

    def parse(self, text: str) -> DayPattern:
        try:
            return DayPattern(text)
        except ValueError as error:
            raise self.wrong(str(error)) from None

    def stand_in(self) -> DayPattern:
        return PATTERN


@dataclass(frozen=True, slots=True)
class Fetch:
    """Where `relevo portability fetch` gets daily files from. The running gateway does not read this."""

    url: Annotated[SftpUrl, SftpUrlKind()]
    known_hosts: Annotated[Path, FileKind("a file of known hosts, as ssh-keyscan prints them")]
    key: Annotated[Path, FileKind("a private key without a passphrase")] | None = None
    password: Annotated[Secret, SecretText("the user's password")] | None = None
    pattern: Annotated[DayPattern, DayPatternKind()] = PATTERN
    days: Annotated[int, Integer(1, 14, "days to look back", "14")] = 14
    keep: Annotated[Path, FileKind("the directory of the copies")] = Path("/var/lib/relevo/ported")
    keep_for: Annotated[float, Duration("15d", "3650d")] = 90 * 86_400.0
    max_errors: Annotated[int, Integer(0, 1_000_000, "bad records to leave out of each file", "0")] = 0
    timeout: Annotated[float, Duration("1s", "10m")] = 30.0
