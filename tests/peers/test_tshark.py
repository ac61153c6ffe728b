"""What goes over the wire, on both sides of us, read by Wireshark's dissector: nothing malformed, every PDU known."""

import asyncio
import os
import signal
import socket
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from gateway.smpp.destinations import Destination
from gateway.smpp.pdu import CancelSm, DataSm, QuerySm, SubmitMulti
from tests.journeys.parties import SmppApp, Smsc
from tests.peers.tools import running, tool
from tests.support.gateway import GatewayProcess, app, carrier, quiet_ports, until

pytestmark = pytest.mark.peers

TEXTS = ["Su clave es 482913", "Ñandú: ¿qué tal?", "año 😀 y más", "largo " * 100]
LAST = b"the last packet of this capture"
BROKEN = "_ws.malformed || _ws.expert.severity == error || _ws.unreassembled"


@asynccontextmanager
async def capture(ports: list[int], directory: Path) -> AsyncIterator[Path]:
    """Everything to and from these ports of the loopback, in a file that is whole when the block is left."""
    file, log = directory / "wire.pcapng", directory / "dumpcap.log"
    (bell,) = quiet_ports(1)
    expression = " or ".join([*(f"tcp port {port}" for port in ports), f"udp port {bell}"])
    with running([tool("dumpcap", "tshark"), "-q", "-i", "lo", "-f", expression, "-w", str(file)], log) as process:
        await until(lambda: says(log, "File:") or process.poll() is not None, 10, "dumpcap to begin")
        if process.poll() is not None:
            pytest.fail(f"dumpcap may not capture; run as root or join the group wireshark:\n{log.read_text()}", False)
        yield file
        ring(bell)
        await until(lambda: LAST in file.read_bytes(), 10, "dumpcap to have written all there was before")
        process.send_signal(signal.SIGINT)
        await asyncio.to_thread(process.wait, 10)


def ring(port: int) -> None:
    """Send a datagram to nobody: what is captured after it came after it."""
    with socket.socket(type=socket.SOCK_DGRAM) as sender:
        sender.sendto(LAST, ("127.0.0.1", port))


def says(log: Path, words: str) -> bool:
    return log.exists() and words in log.read_text(errors="replace")


def read(file: Path, ports: list[int], *options: str) -> list[str]:
    """What tshark says about a capture, with the ports read as SMPP, a line each."""
    decode = [word for port in ports for word in ("-d", f"tcp.port=={port},smpp")]
    command = [tool("tshark", "tshark"), "-n", "-r", str(file), *decode, *options]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=os.environ | {"LC_ALL": "C.UTF-8"}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("long_messages", ["udh", "udh16", "sar", "payload"])
async def test_wireshark_finds_nothing_malformed_in_a_mixed_run(smsc: Smsc, tmp_path: Path, long_messages: str) -> None:
    gateway = GatewayProcess(
        tmp_path,
        carriers={
            "one": carrier("one", [smsc.port], long_messages=long_messages, enquire_link="1s", tlvs={0x1400: "abc"})
        },
        apps={"bank": app(system_id="bank")},
    )
    ports = [smsc.port, gateway.smpp_port]
    try:
        async with capture(ports, tmp_path) as file:
            await gateway.start()
            await talk(gateway, smsc)
            assert await gateway.stop() == 0
        await asyncio.to_thread(check, file, ports)
    finally:
        await gateway.close()


async def test_wireshark_would_say_so_if_something_were_malformed(
    gateway: GatewayProcess, smsc: Smsc, tmp_path: Path
) -> None:
    cut_off = bytes.fromhex("00000014 00000009 00000000 00000001 62616e6b")  # a system_id without an end
    async with capture([gateway.smpp_port], tmp_path) as file:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.smpp_port)
        writer.write(cut_off)
        assert await reader.read(16)
        writer.close()
        await writer.wait_closed()
    assert await asyncio.to_thread(read, file, [gateway.smpp_port], "-Y", BROKEN)


async def talk(gateway: GatewayProcess, smsc: Smsc) -> None:
    """Everything an app and a carrier say to us in a day, once."""
    bank = await SmppApp.bind(gateway.smpp_port)
    ids = [await gateway.send(text, lane="fast") for text in TEXTS]
    ids += [await bank.send(text.encode("utf-16-be"), data_coding=8) for text in TEXTS[:3]]
    ids.append(await bank.send(b"", tlvs=((0x0424, TEXTS[3].encode()),), registered_delivery=0x11))
    await bank.ask(DataSm("", 3, 0, "45555", 1, 1, "525512345678", 0, 1, 0, ((0x0424, b"by data_sm"),)))
    people = (Destination(1, 1, "525512345678"), Destination(1, 1, "525512345679"))
    await bank.ask(SubmitMulti(source_addr="45555", dest_address=people, short_message=b"to many"))
    await bank.ask(QuerySm(message_id=ids[0]))
    await bank.ask(CancelSm(message_id=ids[0]))
    refused = await bank.submit("nobody's number", to="12")
    assert refused.command_status
    smsc.there.mo("525587654321", "45555", "Hola, ¿qué tal? " * 20)
    await until(lambda: bank.inbound and len(bank.receipts) >= len(ids), 10, "receipts and the inbound message")
    await until(lambda: checked(gateway), 10, "an enquire_link")
    await bank.unbind()


async def checked(gateway: GatewayProcess) -> bool:
    return await gateway.metric("relevo_enquire_link_seconds_count", carrier="one") > 0


def check(file: Path, ports: list[int]) -> None:
    """Nothing broken, no PDU that the dissector has no name for, and all kinds were there."""
    assert read(file, ports, "-Y", BROKEN, "-V") == []
    seen: Counter[int] = Counter()
    for line in read(file, ports, "-Y", "smpp", "-T", "fields", "-e", "smpp.command_id"):
        seen.update(int(word, 16) for word in line.split(","))
    requests = {number for number in seen if number < 0x80000000}
    wanted = {0x03, 0x04, 0x05, 0x06, 0x08, 0x09, 0x15, 0x21, 0x103}
    assert requests >= wanted, f"missing: {[hex(number) for number in wanted - requests]}"
    for number in requests - {0x15}:
        assert seen[number | 0x80000000] == seen[number], f"{number:#x} and its responses"
