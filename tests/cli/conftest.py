"""The command line in this process, before an admin listener that serves in a thread of its own."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway import log
from gateway.admin.server import AdminServer
from gateway.cli.main import main
from gateway.config import Address, Secret
from gateway.message import Message
from gateway.metrics import Metrics
from gateway.store.sqlite import SqliteStore
from gateway.store.store import Changes
from tests.admin.fake import FakeControl

SETTINGS = """
networks:
  telcel: {name: Telcel, mccmnc: ["334020"], codes: ["188"]}
  att: {name: "AT&T", codes: ["156"]}
portability:
  sources: [{type: table, path: ported.db}]
carriers:
  telcel:
    binds: [{name: telcel-1, host: 127.0.0.1, port: 2801, system_id: acme, password: "s3cret-of-telcel"}]
    senders: {default: "45555"}
    price: {currency: MXN, per_segment: "0.18"}
routes: [{network: [telcel], via: [telcel]}]
"""
ONE_APP = "apps: {bank: {system_id: bank, password: pw, lane: fast, lanes: [fast, bulk]}}\n"
TOKEN = "t0ken-of-operations"


class Ran(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Relevo = Callable[..., Ran]
Stored = Callable[..., None]


@pytest.fixture(autouse=True)
def _leaves_the_log_as_it_was() -> Iterator[None]:
    yield
    log.configure()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration that is right, with one app."""
    path = tmp_path / "relevo.yaml"
    path.write_text(SETTINGS + ONE_APP)
    return path


@pytest.fixture
def relevo(config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Relevo:
    """Runs a command with the configuration of RELEVO_CONFIG, as a shell would."""
    monkeypatch.setenv("RELEVO_CONFIG", str(config))
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words: str) -> Ran:
        capsys.readouterr()
        status = main(words)
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run


@pytest.fixture
def control() -> FakeControl:
    return FakeControl()


@pytest.fixture
def gateway(control: FakeControl, config: Path) -> Iterator[FakeControl]:
    """A gateway that runs where the configuration says, with a token."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def do(coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(10)

    async def make() -> AdminServer:
        return AdminServer(control, Metrics("9.9.9", process=False), Secret(TOKEN))

    server = do(make())
    port = do(server.start(Address("127.0.0.1", 0)))
    with config.open("a") as file:
        file.write(f'admin: {{listen: "127.0.0.1:{port}", token: "{TOKEN}"}}\n')
    try:
        yield control
    finally:
        do(server.stop())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


@pytest.fixture
def stored(config: Path) -> Iterator[Stored]:
    """Puts messages into the store of the configuration, which stays open and locked, as by a gateway that runs."""
    path = config.with_name("relevo.db")
    with config.open("a") as file:
        file.write("store: {url: sqlite:relevo.db}\n")
    with asyncio.Runner() as runner:
        store = SqliteStore(path)
        runner.run(store.open())

        def put(*messages: Message, changes: Changes | None = None) -> None:
            runner.run(store.commit(changes or Changes(accepted=list(messages))))

        yield put
        runner.run(store.close())
