"""What is measured: the gateway's configuration and the loads of each scenario."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEY = "bench-key-of-the-load-generator"
PASSWORD = "bench"
UNLIMITED = {"tps": 100_000, "burst": 10_000}

Options = Mapping[str, str | int]

# Numbers of Mexico City that are valid by the numbering plan; the load goes round a million of them.
FIRST_NUMBER = 525510000000
NUMBERS = 1_000_000
TABLE = "ported.db"


@dataclass(frozen=True)
class Ports:
    """Where everybody listens on 127.0.0.1."""

    smsc: int
    http: int
    smpp: int
    admin: int
    webhook: int


@dataclass(frozen=True)
class Load:
    """One run of the load generator over smpp or http (`mode`).

    `options` are the generator's own, without --, laid over where to connect and what to log in with. `counts`: the
    scenario's figures are of its messages. `beside`: it runs from before the others until after them.
    """

    name: str
    mode: str
    options: Options
    counts: bool = True
    beside: bool = False

    def arguments(self, ports: Ports) -> list[str]:
        """The command line after the program's name."""
        options: dict[str, Any] = {"src": "45555", "dst-base": FIRST_NUMBER, "dst-span": NUMBERS}
        options |= {"prefix": self.name, "json": f"{self.name}.json"}
        if self.mode == "smpp":
            options |= {"port": ports.smpp, "system-id": "bench", "password": PASSWORD}
        else:
            options |= {"port": ports.http, "method": "POST", "url": "/v1/messages"}
            options |= {"header": f"Authorization: Bearer {KEY}"}
            if "rows" not in self.options:  # the answer to many rows names the batch, not its messages
                options["id-from-resp"] = "id"
        options |= self.options
        words = [self.mode]
        for name, value in options.items():
            words += [f"--{name}", str(value).replace("WEBHOOK", str(ports.webhook))]
        return words


@dataclass(frozen=True)
class Scenario:
    """A name, what it shows, the loads one after the other, and what the carrier and the app are like.

    `binds` of a `window` each go to the carrier; `extra` are keys laid over the configuration's sections.
    """

    name: str
    shows: str
    loads: tuple[Load, ...]
    carrier: Mapping[str, Any] = field(default_factory=lambda: UNLIMITED)
    smsc: tuple[str, ...] = ()
    binds: int = 2
    window: int = 100
    webhook: bool = False
    extra: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    longest_s: float = 180.0

    @property
    def messages(self) -> int:
        """How many its longest load sends."""
        return max(int(load.options.get("count", 0)) for load in self.loads)

    def configuration(self, directory: Path, ports: Ports) -> str:
        """The gateway's configuration: JSON, which is YAML too. Writes the numbering plan beside it."""
        plan = directory / "plan.csv"
        plan.write_text(f"start,end,network\n{FIRST_NUMBER},{FIRST_NUMBER + NUMBERS - 1},bench\n")
        binds = [
            {"name": f"bench-{n}", "host": "127.0.0.1", "port": ports.smsc, "system_id": "gw", "password": "gw"}
            | {"window": self.window}
            for n in range(1, self.binds + 1)
        ]
        app: dict[str, Any] = {
            "api_keys": ["sha256:" + hashlib.sha256(KEY.encode()).hexdigest()],
            "system_id": "bench",
            "password": PASSWORD,
            "max_binds": 16,
            "window": 100,
            **UNLIMITED,
            "lane": "bulk",
            "lanes": ["fast", "bulk"],
            "senders": ["45555"],
        }
        if self.webhook:
            secret = "whsec_" + base64.b64encode(b"bench" * 5).decode()
            app["webhook"] = {"url": f"http://127.0.0.1:{ports.webhook}/hook", "secret": secret, "events": ["receipt"]}
        sections: dict[str, Any] = {
            "node": "bench",
            "store": {"url": f"sqlite://{directory}/relevo.db", "sync": "full"},
            "http": {"listen": f"127.0.0.1:{ports.http}"},
            "smpp": {"listen": f"127.0.0.1:{ports.smpp}"},
            "admin": {"listen": f"127.0.0.1:{ports.admin}"},
            "log": {"level": "info"},
            "networks": {"bench": {"name": "Bench", "codes": ["998"]}, "moved": {"name": "Moved", "codes": ["999"]}},
            "portability": {
                "region": "MX",
                "sources": [{"type": "table", "path": str(directory / TABLE)}, {"type": "plan", "path": str(plan)}],
            },
            "carriers": {"bench": {"binds": binds, "senders": {"allow": ["45555"]}, **self.carrier}},
            "routes": [{"network": ["moved"], "via": ["bench"]}, {"network": ["bench"], "via": ["bench"]}],
            "apps": {"bench": app},
        }
        for name, keys in self.extra.items():
            sections[name] = {**sections.get(name, {}), **keys}
        return json.dumps(sections, indent=1)


def _body(**fields: object) -> str:
    message = {"to": "+{to}", "from": "{from}", "text": "T{ts} {id} {text}", "reference": "{id}"}
    return json.dumps(message | fields)


def otp_body() -> str:
    """The body of a POST that sends one message of the fast lane."""
    return _body(lane="fast", receipt="none")


def rows(count: int, name: str = "rows") -> Load:
    """`count` messages in bodies of `POST /v1/batches` of a thousand rows each, on four connections."""
    row = json.dumps({"to": "+{to}", "text": "T{ts} {id} {text}", "reference": "{id}"})
    content: Options = {"content-type": "application/x-ndjson", "url": "/v1/batches?lane=bulk&from=45555"}
    return Load(name, "http", {**content, "conns": 4, "count": count, "rows": 1000, "body": row})


def scenarios(scale: float = 1.0) -> dict[str, Scenario]:
    """All scenarios by name; `scale` makes their loads longer or shorter."""
    flat_out: Options = {"binds": 4, "window": 100}
    every_receipt: Options = {"dlr-listen": "WEBHOOK", "dlr-match": "id", "receipts-s": 20}
    one_by_one: Options = {"conns": 32, "count": int(30_000 * scale)}
    slow: Any = {"smsc": ("--resp-delay-ms", "50"), "binds": 1, "window": 50}
    every = [
        Scenario(
            "smpp-flat-out",
            "SMPP in, 4 binds, window 100, as fast as it goes; every receipt back on them",
            (Load("flat", "smpp", {**flat_out, "count": int(100_000 * scale)}),),
        ),
        Scenario(
            "smpp-paced-1000",
            "SMPP in, 4 binds, at 1,000/s; every receipt back on them",
            (Load("paced", "smpp", {**flat_out, "rate": 1000, "count": int(20_000 * scale)}),),
        ),
        Scenario(
            "http-accept",
            "HTTP, one message a POST, 32 connections; no receipts",
            (Load("accept", "http", {**one_by_one, "body": _body(receipt="none")}),),
        ),
        Scenario(
            "http-paced-1750",
            "HTTP, one message a POST, 32 connections, at 1,750/s; no receipts",
            (Load("half", "http", {**one_by_one, "rate": 1750, "body": _body(receipt="none")}),),
        ),
        Scenario(
            "http-single",
            "HTTP, one message a POST, 32 connections; a signed webhook for every receipt",
            (Load("single", "http", {**one_by_one, **every_receipt, "body": _body()}),),
            webhook=True,
        ),
        Scenario(
            "batches",
            "POST /v1/batches of 1,000 rows (NDJSON), 4 connections; every receipt back on the app's 4 binds",
            (
                Load("told", "smpp", {**flat_out, "expect": int(100_000 * scale), "receipts-s": 60}, False, True),
                rows(int(100_000 * scale)),
            ),
        ),
        Scenario(
            "slow-carrier",
            "SMPP in, receipts back; the SMSC answers after 50 ms, one bind, window 50, reserve 0: 1,000/s at most",
            (Load("slow", "smpp", {**flat_out, "count": int(40_000 * scale), "receipts-s": 30}),),
            **slow,
            extra={"lanes": {"fast": {"reserve": "0%"}}},
        ),
        Scenario(
            "slow-carrier-reserve",
            "SMPP in, receipts back; the SMSC answers after 50 ms, one bind, window 50, reserve 20 %: 800/s of bulk",
            (Load("kept", "smpp", {**flat_out, "count": int(8_000 * scale), "receipts-s": 30}),),
            **slow,
        ),
        Scenario(
            "otp-behind-bulk",
            "SMPP in, 20 OTPs/s behind 20,000 bulk; carrier of 500 tps, the SMSC answers after 50 ms",
            (
                Load("bulk", "smpp", {**flat_out, "count": int(20_000 * scale), "registered": 0}, counts=False),
                Load("otp", "smpp", {"rate": 20, "count": int(500 * scale), "priority": 1, "receipts-s": 5}),
            ),
            carrier={"tps": 500},
            smsc=("--resp-delay-ms", "50"),
        ),
    ]
    return {scenario.name: scenario for scenario in every}
