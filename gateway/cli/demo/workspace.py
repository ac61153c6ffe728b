"""The files, ports and secrets of one run, in a directory that goes away with it."""

import base64
import hashlib
import secrets
import shutil
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config.environment import substitute

CONF = Path(__file__).resolve().parents[3] / "conf"
PLAN = CONF / "sample" / "plan.csv"
PORTED = CONF / "sample" / "ported.csv"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made anew for each run; the API keys stand in the configuration as hashes only."""

    banco_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    tienda_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    tienda_password: str = field(default_factory=lambda: secrets.token_hex(4))
    hook: str = field(default_factory=lambda: "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode())
    carriers: Mapping[str, str] = field(
        default_factory=lambda: {name: secrets.token_hex(4) for name in ("telcel", "att", "movistar")}
    )


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the gateway listens."""

    http: int
    smpp: int
    admin: int


@dataclass(frozen=True, slots=True)
class Workspace:
    """The directory and its configuration file."""

    directory: Path
    ports: Ports
    secrets: Secrets

    @property
    def config(self) -> Path:
        """What `relevo -c` takes."""
        return self.directory / "relevo.yaml"

    @property
    def log(self) -> Path:
        """What the gateway wrote."""
        return self.directory / "gateway.log"

    def write(self, hook_port: int, carriers: Mapping[str, tuple[int, int]]) -> None:
        """Write the configuration; `carriers`: port and tps by name. Raises OSError."""
        values = {
            "RELEVO_DEMO_HTTP_PORT": str(self.ports.http),
            "RELEVO_DEMO_SMPP_PORT": str(self.ports.smpp),
            "RELEVO_DEMO_ADMIN_PORT": str(self.ports.admin),
            "RELEVO_DEMO_HOOK_PORT": str(hook_port),
            "BANCO_KEY_SHA256": _hash(self.secrets.banco_key),
            "TIENDA_KEY_SHA256": _hash(self.secrets.tienda_key),
            "TIENDA_PASSWORD": self.secrets.tienda_password,
            "BANCO_HOOK_SECRET": self.secrets.hook,
        }
        for name, (port, tps) in carriers.items():
            values[f"RELEVO_DEMO_{name.upper()}_PORT"] = str(port)
            values[f"RELEVO_DEMO_{name.upper()}_TPS"] = str(tps)
            values[f"RELEVO_DEMO_{name.upper()}_PASSWORD"] = self.secrets.carriers[name]
        shutil.copyfile(PLAN, self.directory / "plan.csv")
        lines = (CONF / "demo.yaml").read_text(encoding="utf-8").splitlines(keepends=True)
        text = "".join(line if line.startswith("#") else substitute(line, values) for line in lines)
        self.config.touch(mode=0o600)
        self.config.write_text(text, encoding="utf-8")


def free_ports() -> Ports:
    """Three ports nobody listens at now. Somebody may take one before the gateway does; that is then said."""
    with ExitStack() as stack:
        taken = [stack.enter_context(socket.socket()) for _ in range(3)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return Ports(*(int(one.getsockname()[1]) for one in taken))


def _hash(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()
