"""`${NAME}` and `${NAME:-default}` in the configuration's strings (contract §2)."""

import re
from collections.abc import Mapping

from gateway.config.units import BadValueError

REFERENCE = "${NAME} or ${NAME:-default}; a literal ${ is written $${"

# One pass, so that what a variable holds is never expanded again.
_TOKEN = re.compile(r"\$\$\{|\$\{(?P<inside>[^{}]*)\}|\$\{")
_INSIDE = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.ASCII | re.DOTALL)


def substitute(text: str, env: Mapping[str, str]) -> str:
    """`text` with its references filled from `env`.

    As in the shell, `:-` also stands in for a variable that is set but empty, and a bare `${NAME}` may be empty.
    Raises BadValueError, naming the variable and never a value, when one is not set or a reference is malformed.
    """
    return _TOKEN.sub(lambda token: _value(token, env), text)


def refers(text: str) -> bool:
    """Whether the text has any reference to the environment."""
    return any(token[0] != "$${" for token in _TOKEN.finditer(text))


def lacks(text: str, env: Mapping[str, str]) -> bool:
    """Whether the text refers to a variable that is not set, and has no default for it."""
    found = (_INSIDE.fullmatch(token["inside"] or "") for token in _TOKEN.finditer(text) if token[0] != "$${")
    return any(each is not None and each["default"] is None and each["name"] not in env for each in found)


def _value(token: re.Match[str], env: Mapping[str, str]) -> str:
    if token[0] == "$${":
        return "${"
    inside = _INSIDE.fullmatch(token["inside"] or "")
    if inside is None:
        raise BadValueError("has a malformed reference to the environment", REFERENCE)
    name, default = inside["name"], inside["default"]
    value = env.get(name)
    if default is not None:
        return value or default
    if value is None:
        raise BadValueError(
            f"needs the environment variable {name}, which is not set", f"it to be set, or ${{{name}:-default}}"
        )
    return value
