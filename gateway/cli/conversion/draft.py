"""A configuration in the making: what it says so far, and what of the old one has no counterpart.

Passwords are never copied: each becomes a reference to the environment, and the notes say which there are.
"""

import re
from typing import Any

import yaml

Keys = dict[str, Any]

NETWORK = "any"
LONGEST_NAME = 64
LONGEST_SYSTEM_ID = 15


class Draft:
    """`config` is what will be written; carriers and apps are made as they are named."""

    def __init__(self) -> None:
        self.config: Keys = {
            "networks": {NETWORK: {"name": "Any"}},
            "portability": {"sources": [], "unknown": NETWORK},
            "carriers": {},
            "routes": [],
            "apps": {},
        }
        self._notes: list[str] = []
        self._environment: dict[str, str] = {}

    @property
    def carriers(self) -> dict[str, Keys]:
        """By name."""
        return dict(self.config["carriers"])

    def section(self, *path: str) -> Keys:
        """The mapping at a path, made where it is not there."""
        found = self.config
        for key in path:
            found = found.setdefault(key, {})
        return found

    def note(self, place: str, words: str) -> None:
        """Something that somebody has to look at, and where the old configuration says it."""
        self._notes.append(f"{place}: {words}")

    def secret(self, name: str, of: str) -> str:
        """A reference to the environment for a password."""
        variable = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") + "_PASSWORD"
        if variable[0].isdigit():
            variable = "P_" + variable
        self._environment[variable] = of
        return f"${{{variable}}}"

    def app(self, user: str, place: str) -> Keys:
        """A new app that logs in under this name, over HTTP and SMPP."""
        name = self.name(user, place)
        keys: Keys = self.section("apps", name)
        if name == user and len(user) <= LONGEST_SYSTEM_ID:
            keys["system_id"] = user
            keys["password"] = self.secret(f"app_{name}", f"the password of the app {name}")
        else:
            self.note(place, f"the app {name} cannot log in as {user!r}; give it a key: relevo keys new {name}")
        return keys

    def name(self, text: str, place: str) -> str:
        """A name as Relevo takes them: letters, digits, - and _."""
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")[:LONGEST_NAME] or "unnamed"
        if name != text:
            self.note(place, f"{text!r} is called {name} here")
        return name

    def text(self, source: str) -> str:
        """The whole as YAML, with its notes before it."""
        lines = [f"# Made from {source} by `relevo convert`. Look through the notes, then try it with `relevo check`."]
        if self._environment:
            lines.append("#\n# Passwords are read from the environment:")
            lines += [f"#   {variable}: {of}" for variable, of in self._environment.items()]
        lines.append(
            "#\n# Every number is taken for one of a single network. Name the networks and the portability sources."
        )
        if any("callbacks" not in app for app in self.config["apps"].values()):
            lines.append(
                "#\n# A call with a dlr-url is refused until its app's `callbacks` name the URL, or its beginning and *"
            )
        for section in ("carriers", "routes", "apps"):
            if not self.config[section]:
                self.note(section, f"{source} has none that could be carried over; write them")
        if self._notes:
            lines.append("#\n# What has no counterpart, or another meaning:")
            lines += [f"#   {_plain(note)}" for note in self._notes]
        wanted = {key: value for key, value in self.config.items() if value not in ({}, [])}
        return "\n".join(lines) + "\n\n" + yaml.safe_dump(wanted, sort_keys=False, allow_unicode=True, width=120)


def positive(text: str) -> float | None:
    """A number above 0; None for all else."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if 0 < number < float("inf") else None


def _plain(note: str) -> str:
    """On one line, whatever the old configuration held."""
    return "".join(each if each.isprintable() else "?" for each in note)
