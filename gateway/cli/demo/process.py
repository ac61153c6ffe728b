"""The gateway as a process of its own, and the commands of its command line."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import aiohttp

from gateway.cli.demo.errors import StoryError
from gateway.cli.demo.workspace import Workspace

START_S, STOP_S = 30.0, 30.0
_COMMAND = (sys.executable, "-P", "-m", "gateway.cli.main")


async def relevo(*arguments: str) -> str:
    """Run a command of `relevo` to its end; what it printed. Raises StoryError where it fails."""
    process = await asyncio.create_subprocess_exec(
        *_COMMAND, *arguments, env=_environment(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        await _killed(process)
        raise
    text = output.decode(errors="replace").strip()
    if process.returncode:
        raise StoryError(f"relevo {' '.join(arguments)} ended with {process.returncode}:\n{text}")
    return text


class GatewayProcess:
    """`relevo run` with the workspace's configuration; its output goes to the workspace's log."""

    def __init__(self, workspace: Workspace, client: aiohttp.ClientSession) -> None:
        self._workspace = workspace
        self._client = client
        self._admin = f"http://127.0.0.1:{workspace.ports.admin}"
        self._process: asyncio.subprocess.Process | None = None

    @property
    def console(self) -> str:
        """Where a browser sees it."""
        return self._admin + "/"

    @property
    def returncode(self) -> int | None:
        """How it ended; None while it runs, or before it was started."""
        return None if self._process is None else self._process.returncode

    async def start(self) -> None:
        """Start it, in a session of its own so that a terminal's Ctrl-C reaches the demo alone. Raises OSError."""
        with self._workspace.log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *_COMMAND, "run", "-c", str(self._workspace.config),
                env=_environment(), stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def ready(self) -> None:
        """Wait until it takes messages. Raises StoryError where it ends or takes too long."""
        why = "it does not answer"
        try:
            async with asyncio.timeout(START_S):
                while True:
                    self.check()
                    answer = await self._get("/readyz")
                    if answer is not None:
                        status, body = answer
                        if status == 200:
                            return
                        why = body.strip()
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise StoryError(f"the gateway was not ready after {START_S:g} s: {why}") from None

    async def status(self) -> Mapping[str, Any]:
        """`/v1/status`. Raises StoryError where there is none."""
        answer = await self._get("/v1/status")
        if answer is None or answer[0] != 200:
            self.check()
            raise StoryError(f"the gateway's /v1/status said {answer[0] if answer else 'nothing'}")
        parsed: Mapping[str, Any] = json.loads(answer[1])
        return parsed

    def check(self) -> None:
        """Raises StoryError where the process has ended."""
        if self.returncode is not None:
            raise StoryError(f"the gateway ended by itself with {self.returncode}")

    async def stop(self) -> int | None:
        """Let it drain and end; its exit status. One that does not end, or is not waited for, is killed."""
        process = self._process
        if process is None or process.returncode is not None:
            return self.returncode
        process.terminate()
        try:
            async with asyncio.timeout(STOP_S):
                return await process.wait()
        except TimeoutError:
            return await _killed(process)
        except asyncio.CancelledError:
            await _killed(process)
            raise

    def log_tail(self, lines: int) -> list[str]:
        """The last lines of its log."""
        try:
            text = self._workspace.log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return []
        return text.splitlines()[-lines:]

    async def _get(self, path: str) -> tuple[int, str] | None:
        """Status and body; None where nobody answers."""
        try:
            async with self._client.get(self._admin + path, timeout=aiohttp.ClientTimeout(total=5)) as response:
                return response.status, await response.text()
        except (aiohttp.ClientError, TimeoutError):
            return None


async def _killed(process: asyncio.subprocess.Process) -> int:
    with suppress(ProcessLookupError):
        process.kill()
    return await process.wait()


def _environment() -> dict[str, str]:
    """Ours, without what would point `relevo` at another configuration."""
    return {name: value for name, value in os.environ.items() if name != "RELEVO_CONFIG"}
