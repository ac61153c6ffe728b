"""Jasmin's configuration as text: jcli scripts (`smppccm -a`, keys, `ok`) and jasmin.cfg (an INI file)."""

from configparser import ConfigParser
from configparser import Error as BadConfig
from pathlib import Path
from typing import NamedTuple

from gateway.cli.failure import Failure

_LISTENERS = {"http-api": "http", "smpp-server": "smpp"}


class Thing(NamedTuple):
    """What one `… -a` makes, or `… -u NAME` changes, with its keys; other commands have no keys."""

    command: str
    option: str
    argument: str
    keys: dict[str, str]
    place: str


class Jasmin(NamedTuple):
    """What was found: commands in order, listeners by our name, and files that say nothing to us."""

    things: list[Thing]
    listeners: dict[str, str]
    unread: list[str]


def read(path: Path) -> Jasmin:
    """One file, or all of a directory. Raises Failure."""
    found = Jasmin([], {}, [])
    files = [path] if not path.is_dir() else sorted(each for each in path.rglob("*") if each.is_file())
    for file in files:
        _read(file, found)
    if not found.things and not found.listeners:
        raise Failure(f"{path} holds neither jcli commands nor a jasmin.cfg")
    return found


def _read(path: Path, found: Jasmin) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        found.unread.append(str(path))
        return
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}") from None
    if path.suffix == ".cfg" or text.lstrip().startswith("["):
        _read_cfg(path, text, found)
    elif "pickle" in text[:200] or not _is_script(text):
        found.unread.append(str(path))
    else:
        found.things.extend(_things(path, text))


def _is_script(text: str) -> bool:
    return any(line.split()[:1] in _STARTS for line in text.splitlines())


_COMMANDS = ("smppccm", "httpccm", "user", "group", "filter", "mtrouter", "morouter", "mtinterceptor", "mointerceptor")
_STARTS = [[each] for each in _COMMANDS]


def _things(path: Path, text: str) -> list[Thing]:
    things: list[Thing] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip().removeprefix("jcli :").removeprefix(">").strip().split(None, 1)
        if not words or words[0].startswith("#"):
            continue
        key, value = words[0], words[1].strip() if len(words) > 1 else ""
        if inside:
            inside = key != "ok"
            if inside:
                _put(things[-1].keys, key, value)
        elif key in _COMMANDS:
            option, _, argument = value.partition(" ")
            things.append(Thing(key, option, argument.strip(), {}, f"{path}:{number}"))
            inside = option in ("-a", "--add", "-u", "--update")
    return things


def _put(keys: dict[str, str], key: str, value: str) -> None:
    """A user's credentials have several words: `mt_messaging_cred quota http_throughput 10`."""
    if key.endswith("_cred"):
        name, _, last = value.rpartition(" ")
        keys[f"{key} {name}"] = last
    else:
        keys[key] = value


def _read_cfg(path: Path, text: str, found: Jasmin) -> None:
    parser = ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text, str(path))
    except BadConfig as error:
        raise Failure(f"{path}: {error}") from None
    for section, ours in _LISTENERS.items():
        if parser.has_option(section, "port"):
            found.listeners[ours] = f"{parser.get(section, 'bind', fallback='0.0.0.0')}:{parser.get(section, 'port')}"  # noqa: S104 Jasmin's default
    known = {*_LISTENERS, "DEFAULT"}
    found.unread.extend(f"{path} [{section}]" for section in parser.sections() if section not in known)
