"""Variables that the environment lacks, from files: systemd's credentials (systemd.exec(5), LoadCredential=).

A service manager puts each into a file of its own, in a directory that only the service sees and that
$CREDENTIALS_DIRECTORY names; so do others who mount secrets as files. The file's name is the variable's, its text the
value, without the line's end that editors leave. The environment goes before.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.config.units import BadValueError

DIRECTORY = "CREDENTIALS_DIRECTORY"
LONGEST = 64 * 1024
"""Octets of a credential; what is larger was put there by mistake."""


class WithCredentials(Mapping[str, str]):
    """The environment, and behind it the files of its CREDENTIALS_DIRECTORY. A file is read when it is asked for.

    Raises BadValueError, naming the file, for one that is there and cannot be read.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        directory = env.get(DIRECTORY)
        self._directory = Path(directory) if directory else None

    def __getitem__(self, name: str) -> str:
        if name in self._env or self._directory is None:
            return self._env[name]
        try:
            with (self._directory / name).open("rb") as file:
                octets = file.read(LONGEST + 1)
        except FileNotFoundError:
            raise KeyError(name) from None
        except OSError as error:
            raise BadValueError(f"needs the credential {name}: {error.strerror}", "a file that can be read") from None
        if len(octets) > LONGEST:
            raise BadValueError(f"needs the credential {name}, which is too large", f"at most {LONGEST} octets")
        try:
            return octets.decode().removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError:
            raise BadValueError(f"needs the credential {name}, which is not UTF-8", "a text in UTF-8") from None

    def __contains__(self, name: object) -> bool:
        return name in self._env or (self._directory is not None and (self._directory / str(name)).exists())

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)
