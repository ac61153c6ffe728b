"""Kannel as Debian has it, between the same load generator and the same SMSC."""

import shutil
from pathlib import Path

from tests.bench.children import BenchError, Children, free_ports
from tests.bench.scenarios import Load, Options, Ports, Scenario

NEEDS = "apt-get install --no-install-recommends kannel"
SETUP = "file store, never an fsync; bearerbox and smsbox, logs at info"

_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = bench
smsbox-port = {boxes}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-level = 1
store-type = file
store-file = {directory}/kannel.store

group = smsc
smsc = smpp
smsc-id = bench
host = 127.0.0.1
port = {smsc}
transceiver-mode = true
smsc-username = gw
smsc-password = gw
system-type = ""
source-addr-ton = 1
dest-addr-ton = 1
max-pending-submits = {window}
{throughput}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {http}
sendsms-interface = 127.0.0.1
global-sender = 45555
log-level = 1
access-log = {directory}/access.log

group = sendsms-user
username = bench
password = bench
"""
_SEND = "/cgi-bin/sendsms?username=bench&password=bench&from={from}&to={to}&text=T{ts}+{id}+{text}"
_TOLD = "&dlr-mask=3&dlr-url=http://127.0.0.1:WEBHOOK/dlr/{id}"  # 1 delivered, 2 undelivered
_TEXT: Options = {"text": "hello+from+the+load+generator", "method": "GET"}


def start(children: Children, scenario: Scenario, ports: Ports) -> list[int]:
    """Start both boxes, wait until smsbox answers, and return their pids. Raises BenchError."""
    bearerbox, smsbox = _box("bearerbox"), _box("smsbox")
    admin, boxes = free_ports(2)
    tps = scenario.carrier["tps"]
    binds = {"window": scenario.window * scenario.binds, "throughput": f"throughput = {tps}" if tps <= 1000 else ""}
    where = {"admin": admin, "boxes": boxes, "smsc": ports.smsc, "http": ports.http}
    file = children.directory / "kannel.conf"
    file.write_text(_CONFIGURATION.format(directory=children.directory, **where, **binds))
    first = children.start("gateway", [bearerbox, file])
    children.until_listening(boxes, 20)
    second = children.start("smsbox", [smsbox, file])
    children.until_listening(ports.http, 20)
    children.until_ready(f"http://127.0.0.1:{admin}/status.txt?password=bench", 20, "(online")
    return [first.pid, second.pid]


def _box(name: str) -> Path:
    found = shutil.which(name, path="/usr/local/sbin:/usr/sbin:/usr/bin")
    if found is None:
        raise BenchError(f"{name} is missing: {NEEDS}")
    return Path(found)


def scenarios(scale: float = 1.0) -> dict[str, Scenario]:
    """What Kannel is asked for; it has no SMPP server and no call for many messages."""
    told: Options = {**_TEXT, "url": _SEND + _TOLD, "dlr-listen": "WEBHOOK", "conns": 32, "receipts-s": 60}
    untold: Options = {**_TEXT, "url": _SEND}
    slow = ("--resp-delay-ms", "50")
    bulk = Load("bulk", "http", {**untold, "conns": 32, "count": int(20_000 * scale)}, counts=False)
    otps: Options = {**told, "rate": 20, "count": int(500 * scale)}
    every = [
        Scenario(
            "http-single",
            "HTTP, one message a GET, 32 connections; a dlr-url called for every receipt",
            (Load("single", "http", {**told, "count": int(20_000 * scale)}),),
        ),
        Scenario(
            "slow-carrier",
            "HTTP, receipts called back; the SMSC answers after 50 ms, one bind, window 50: 1,000/s at most",
            (Load("slow", "http", {**told, "count": int(15_000 * scale)}),),
            smsc=slow,
            binds=1,
            window=50,
        ),
        Scenario(
            "otp-behind-bulk",
            "HTTP, 20 OTPs/s with priority 3 behind 20,000 with 0; carrier of 500 tps, the SMSC answers after 50 ms",
            (bulk, Load("otp", "http", {**otps, "url": _SEND + "&priority=3" + _TOLD})),
            carrier={"tps": 500},
            smsc=slow,
        ),
        Scenario(
            "otp-no-priority",
            "HTTP, 20 OTPs/s behind 20,000, all of one priority; carrier of 500 tps, the SMSC answers after 50 ms",
            (bulk, Load("otp", "http", otps)),
            carrier={"tps": 500},
            smsc=slow,
        ),
    ]
    return {scenario.name: scenario for scenario in every}
