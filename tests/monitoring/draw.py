"""A dashboard as a picture, without Grafana: its own queries, asked of a Prometheus, in its own grid.

    python -m tests.monitoring.draw docs/images --seconds 240

plays a scene, scrapes it and writes fleet.png and carrier.png. Needs matplotlib (the extra `docs`) and Prometheus. It
understands what this project's dashboards use of Grafana's panels: stat, timeseries, state-timeline, table and row.
"""

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from tests.monitoring.answers import STEP_S, Answers
from tests.monitoring.files import dashboards
from tests.monitoring.picture import Picture
from tests.monitoring.scene import scene
from tests.monitoring.server import PrometheusServer
from tests.support.gateway import until


async def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", type=Path, help="where the pictures go")
    parser.add_argument("--seconds", type=float, default=240, help="how long the scene is (240)")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            scene(Path(scratch), random.Random(7)) as played,
            PrometheusServer(Path(scratch), played.gateway.admin_port, interval=f"{STEP_S}s") as server,
        ):
            await until(server.ready, 20, "Prometheus")
            start = time.time()
            await played.play(options.seconds)
            answers = Answers(server, start, time.time(), "telcel")
            for name, dashboard in dashboards().items():
                empty = await Picture(dashboard, answers).draw(options.directory / f"{Path(name).stem}.png")
                print(name, "- no data:", ", ".join(empty) or "none")


if __name__ == "__main__":
    asyncio.run(main())
