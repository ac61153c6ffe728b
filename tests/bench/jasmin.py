"""Jasmin from PyPI in an environment of its own, with RabbitMQ and Redis from Debian, between the same tools."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.bench.children import BenchError, Children, free_ports
from tests.bench.scenarios import Load, Options, Ports, Scenario

VERSION = "0.11.1"
NEEDS = "apt-get install --no-install-recommends rabbitmq-server redis-server"
SETUP = "RabbitMQ's and Redis's defaults, 8 connectors of one bind each; `_pdu.response` mended as its issue 1236 says"
CONNECTORS = 8

_RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one in PATH changes the user
_LOCK = Path("/tmp/jasmind.lock")
_ONLY_HERE = "-kernel inet_dist_use_interface {127,0,0,1}"
_PATH = "/usr/local/sbin:/usr/sbin:/usr/bin"

_CONFIGURATION = """
[smpp-server]
bind = 127.0.0.1
port = {smpp}
[smpp-server-pb]
bind = 127.0.0.1
port = {smpp_pb}
[smpp-server-pb-client]
port = {smpp_pb}
[client-management]
bind = 127.0.0.1
port = {clients}
[router]
bind = 127.0.0.1
port = {router}
[http-api]
bind = 127.0.0.1
port = {http}
[jcli]
bind = 127.0.0.1
port = {console}
authentication = False
[amqp-broker]
port = {amqp}
spec = {spec}
[redis-client]
port = {redis}
"""


def environment() -> Path:
    """The Python that has Jasmin; it is installed once, in the user's cache. Raises BenchError."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    python = cache / f"relevo-bench/jasmin-{VERSION}/bin/python"
    asked: list[str | Path] = [python, "-c", "import jasmin.bin.jasmind"]
    if python.exists() and subprocess.run(asked, capture_output=True, check=False, timeout=60).returncode == 0:
        return python
    print(f"jasmin: installing {VERSION} in {python.parents[1]}", file=sys.stderr, flush=True)
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", "--clear", python.parents[1]],
        [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", f"jasmin=={VERSION}"],
    ]
    for command in commands:
        made = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        if made.returncode:
            raise BenchError(
                f"Jasmin {VERSION} does not install on Python {sys.version.split()[0]}: {made.stderr[-500:]}"
            )
    _mend(python)
    return python


def _mend(python: Path) -> None:
    """Take the response from where it is (github.com/jookies/jasmin, issue 1236).

    As released, 0.11.1 looks for it in the request, fails for each message of one part, and never joins its receipt.
    """
    (listeners,) = python.parents[1].glob("lib/python*/site-packages/jasmin/managers/listeners.py")
    listeners.write_text(listeners.read_text().replace("_pdu.response.", "r.response."))


def start(children: Children, scenario: Scenario, ports: Ports) -> list[int]:
    """Start Redis, RabbitMQ and jasmind, lead its binds to the SMSC, and return their pids. Raises BenchError."""
    if _LOCK.exists():
        raise BenchError(f"another jasmind runs here, or one was killed and left {_LOCK}")
    redis, epmd, beam, amqp = free_ports(4)
    python = environment()
    pids = [_redis(children, redis), *_rabbitmq(children, epmd, beam, amqp)]
    smpp_pb, clients, router, console = free_ports(4)
    (spec,) = python.parents[1].glob("lib/python*/site-packages/txamqp/specs/standard/amqp0-9-1.stripped.xml")
    listening = {"smpp": ports.smpp, "http": ports.http, "smpp_pb": smpp_pb, "clients": clients, "router": router}
    file = children.directory / "jasmin.cfg"
    file.write_text(_CONFIGURATION.format(**listening, console=console, amqp=amqp, redis=redis, spec=spec))
    (children.directory / "etc/jasmin/store").mkdir(parents=True)
    script = next(python.parents[1].glob("lib/python*/site-packages/jasmin/bin/jasmind.py"))
    command: list[str | Path] = [python, script, "-c", file, "--enable-dlr-thrower", "--enable-dlr-lookup"]
    pids.append(children.start("gateway", command, {"ROOT_PATH": str(children.directory)}).pid)
    children.until_listening(console, 30)
    connectors = 1 if scenario.binds == 1 else CONNECTORS
    _configure(console, scenario, ports, connectors)
    _until_bound(children, connectors)
    return pids


def _redis(children: Children, port: int) -> int:
    program = shutil.which("redis-server", path=_PATH)
    if program is None:
        raise BenchError(f"redis-server is missing: {NEEDS}")
    directory = children.directory / "redis"
    directory.mkdir()
    process = children.start("redis", [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", directory])
    children.until_listening(port, 20)
    return process.pid


def _rabbitmq(children: Children, epmd: int, beam: int, amqp: int) -> list[int]:
    mapper = shutil.which("epmd", path=_PATH)
    if not _RABBITMQ.exists() or mapper is None:
        raise BenchError(f"rabbitmq-server is missing: {NEEDS}")
    home = children.directory / "rabbitmq"
    home.mkdir()
    names = children.start("epmd", [mapper, "-port", str(epmd), "-address", "127.0.0.1"])
    children.until_listening(epmd, 20)
    settings = {
        "HOME": home,
        "ERL_EPMD_PORT": epmd,
        "RABBITMQ_NODENAME": f"bench-{amqp}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": amqp,
        "RABBITMQ_DIST_PORT": beam,
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ONLY_HERE,
        "RABBITMQ_MNESIA_BASE": home / "mnesia",
        "RABBITMQ_LOG_BASE": home / "log",
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_ENABLED_PLUGINS_FILE": home / "plugins",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": home / "rabbitmq",
    }
    broker = children.start("rabbitmq", [_RABBITMQ], {key: str(value) for key, value in settings.items()})
    children.until_listening(amqp, 60)
    return [names.pid, broker.pid]


def _configure(port: int, scenario: Scenario, ports: Ports, count: int) -> None:
    """What an operator would type: a user, `count` connectors that share the carrier's rate, a route over all."""
    tps = scenario.carrier["tps"]
    rate = tps / count if tps <= 1000 else 0  # 0: as fast as it goes
    names = [f"bench-{number}" for number in range(count)]
    lines = [
        "group -a",
        "gid bench",
        "ok",
        "user -a",
        "uid bench",
        "gid bench",
        "username bench",
        "password bench",
        "ok",
    ]
    for name in names:
        lines += ["smppccm -a", f"cid {name}", "host 127.0.0.1", f"port {ports.smsc}", "username gw", "password gw"]
        lines += [f"submit_throughput {rate:g}", "ok", f"smppccm -1 {name}"]
    if count == 1:
        lines += ["mtrouter -a", "order 0", "type defaultroute", f"connector smppc({names[0]})", "rate 0.0", "ok"]
    else:
        lines += ["filter -a", "type transparentfilter", "fid all", "ok", "mtrouter -a", "order 10"]
        lines += ["type randomroundrobinmtroute", "connectors " + ";".join(f"smppc({name})" for name in names)]
        lines += ["filters all", "rate 0.0", "ok"]
    with socket.create_connection(("127.0.0.1", port), timeout=20) as console:
        _answer(console, b"Session ref")
        for line in lines:
            console.sendall(line.encode() + b"\r\n")
            _answer(console)


def _answer(console: socket.socket, *ends: bytes) -> None:
    """Read what the console says up to its next prompt, or to one of `ends`. Raises BenchError on a refusal."""
    said = b""
    while not any(end in said[-40:] for end in ends or (b"jcli : ", b"> ")):
        try:
            more = console.recv(4096)
        except TimeoutError:
            more = b""
        if not more:
            raise BenchError(f"Jasmin's console says no more after {said.decode(errors='replace')!r}")
        said += more
    words = said.decode(errors="replace")
    if any(word in words for word in ("Error", "Unknown", "Failed", "incorrect", "must ")):
        raise BenchError(f"Jasmin's console: {words}")


def _until_bound(children: Children, count: int) -> None:
    """Wait until the SMSC, which writes its figures every second, has so many binds. Raises BenchError."""
    deadline = time.monotonic() + 30
    while not (children.directory / "smsc.json").exists() or children.report("smsc")["bound"] < count:
        children.check()
        if time.monotonic() > deadline:
            raise BenchError(f"Jasmin's {count} connectors are not bound:\n{children.last_words('gateway')}")
        time.sleep(0.1)


_SEND = "/send?username=bench&password=bench&from={from}&to={to}&content=T{ts}+{id}+{text}"
_TOLD = "&dlr=yes&dlr-level=2&dlr-method=GET&dlr-url=http://127.0.0.1:WEBHOOK/dlr/{id}"


def scenarios(scale: float = 1.0) -> dict[str, Scenario]:
    """What Jasmin is asked for: as Relevo, with fewer messages."""
    text: Options = {"text": "hello+from+the+load+generator", "method": "GET"}
    told: Options = {**text, "url": _SEND + _TOLD, "dlr-listen": "WEBHOOK", "dlr-reply": "ACK/Jasmin", "receipts-s": 60}
    slow = ("--resp-delay-ms", "50")
    flat: Options = {"binds": 4, "window": 100, "count": int(4_000 * scale), "receipts-s": 60}
    bulk: Options = {**text, "url": _SEND, "conns": 32, "count": int(3_000 * scale)}
    otps: Options = {**told, "url": _SEND + "&priority=3" + _TOLD, "conns": 32, "rate": 20, "count": int(200 * scale)}
    every = [
        Scenario(
            "smpp-flat-out",
            "SMPP in, 4 binds, window 100; every receipt back on them",
            (Load("flat", "smpp", flat),),
        ),
        Scenario(
            "http-single",
            "HTTP, one message a GET, 32 connections; a dlr-url called for every receipt",
            (Load("single", "http", {**told, "conns": 32, "count": int(4_000 * scale)}),),
        ),
        Scenario(
            "slow-carrier",
            "HTTP, receipts called back; the SMSC answers after 50 ms, one connector (Jasmin waits for each answer)",
            (Load("slow", "http", {**told, "conns": 32, "count": int(400 * scale)}),),
            smsc=slow,
            binds=1,
            window=50,
        ),
        Scenario(
            "otp-behind-bulk",
            "HTTP, 20 OTPs/s with priority 3 behind 3,000 with 0; carrier of 500 tps, the SMSC answers after 50 ms",
            (Load("bulk", "http", bulk, counts=False), Load("otp", "http", otps)),
            carrier={"tps": 500},
            smsc=slow,
        ),
    ]
    return {scenario.name: scenario for scenario in every}
