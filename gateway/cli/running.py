"""The gateway that runs, asked over its admin listener."""

import argparse
import http.client
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from yaml.nodes import MappingNode

from gateway.cli.arguments import config_path
from gateway.cli.failure import FAILED, WRONG_USAGE, Failure
from gateway.config import Admin, ConfigError, Problem
from gateway.config.document import BrokenYamlError, compose, merged_pairs, own_pairs
from gateway.config.reading import Reading
from gateway.config.structure import kind_of

_PATIENCE_S = 30.0  # a reload reads the configuration, a send waits for a commit
_ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - not listened at, but listened at by the gateway


class Running:
    """Calls of the admin listener. Each raises Failure with what the gateway, or the lack of one, says."""

    def __init__(self, admin: Admin) -> None:
        self._host = _ANY_HOST.get(admin.listen.host, admin.listen.host)
        self._port = admin.listen.port
        self._headers = {"X-Relevo": "1", "Accept": "application/json"}
        if admin.token is not None:
            self._headers["Authorization"] = f"Bearer {admin.token.reveal()}"

    def get(self, *path: str) -> Any:
        """The JSON at /v1/PATH."""
        return self._call("GET", path, None)

    def post(self, *path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Have something done; the JSON of the answer."""
        return self._call("POST", path, body)

    def stream(self, *path: str, **query: object) -> Iterator[Any]:
        """What the gateway tells at /v1/PATH as it happens; ends when the gateway ends it (`for` seconds have passed).

        Values of the query that are None are left out. Raises Failure also when the gateway goes away meanwhile.
        """
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE_S)
        try:
            connection.request("GET", f"{_url(path)}?{asked}", headers=self._headers)
            answer = connection.getresponse()
            if answer.status != 200:
                self._answer(answer.status, answer.read())
            while line := answer.readline():
                if line.strip():  # an empty one only shows that the gateway is there
                    yield json.loads(line)
        except (OSError, http.client.HTTPException) as error:
            raise Failure(self._silence(error)) from None
        except ValueError:
            raise Failure("the gateway broke off in the middle of a line: has it been killed?") from None
        finally:
            connection.close()

    def _call(self, method: str, path: tuple[str, ...], body: Mapping[str, Any] | None) -> Any:
        headers = self._headers | ({} if body is None else {"Content-Type": "application/json"})
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_PATIENCE_S)
        try:
            connection.request(method, _url(path), None if body is None else json.dumps(body).encode(), headers)
            answer = connection.getresponse()
            status, octets = answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise Failure(self._silence(error)) from None
        finally:
            connection.close()
        return self._answer(status, octets)

    def _silence(self, error: Exception) -> str:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        return f"no gateway answers at {self._host}:{self._port} (admin.listen): {reason}. Is it running?"

    def _answer(self, status: int, octets: bytes) -> Any:
        try:
            found = json.loads(octets)
        except ValueError:
            raise Failure(f"what answers at {self._host}:{self._port} (admin.listen) is no Relevo") from None
        if status < 400:
            return found
        if status == 401:
            raise Failure(f"the gateway at {self._host}:{self._port} runs with another admin.token")
        problem = found if isinstance(found, dict) else {}
        codes = [error.get("code") for error in problem.get("errors", ())]
        wrong_config = "invalid_configuration" in codes
        detail = problem.get("detail") or f"HTTP {status}"
        code = "" if wrong_config or not codes else f"{codes[0]}: "
        raise Failure(f"{code}{detail}", WRONG_USAGE if wrong_config else FAILED)


def _url(path: tuple[str, ...]) -> str:
    return "/v1/" + "/".join(quote(part, safe="") for part in path)


def running(args: argparse.Namespace) -> Running:
    """The gateway of the configuration. Raises ConfigError, and Failure where its port is not known beforehand."""
    path = config_path(args)
    admin = read_admin(path, os.environ)
    if admin.listen.port == 0:
        raise Failure(f"{path}: admin.listen has port 0, so that nobody can know where to ask", WRONG_USAGE)
    return Running(admin)


def read_admin(path: Path, env: Mapping[str, str]) -> Admin:
    """The section `admin` alone. Raises ConfigError.

    A running gateway must be reachable while somebody edits another section, and from a shell that does not have the
    carriers' passwords in its environment.
    """
    try:
        root = compose(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigError([Problem(str(path), 1, "", f"cannot be read: {error.strerror or error}")]) from error
    except UnicodeDecodeError as error:
        raise ConfigError([Problem(str(path), 1, "", "is not UTF-8, expected a text in UTF-8")]) from error
    except BrokenYamlError as error:
        raise ConfigError([Problem(str(path), error.line, "", f"is not valid YAML: {error.reason}")]) from error
    reading = Reading(str(path), path.absolute().parent, env)
    found = Admin()
    for key, node in (*merged_pairs(root), *own_pairs(root)) if isinstance(root, MappingNode) else ():
        if key.value == "admin":
            found = kind_of(Admin).read(node, ("admin",), reading)
    if reading.problems:
        raise ConfigError(reading.problems)
    return found
