"""A process that fuzzes one target under atheris: `python -m tests.fuzz.child JOB`, JOB being the runner's JSON.

libFuzzer ends by leaving the process, so the figures are written by the input that is the last, which leaves it too.
An input that raises is written by libFuzzer beside the corpus, and the process ends with its status 77.
"""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

import atheris

from tests.fuzz.gauge import Bounds, Figures, Gauge

with atheris.instrument_imports(include=["gateway.smpp", "gateway.text"]):
    from gateway.smpp import codec
    from tests.fuzz.targets import TARGETS


class Job(NamedTuple):
    """What the runner asks for. `corpus`: where inputs are read and new ones kept; `seeds`: where they are read."""

    target: str
    figures: str
    corpus: str
    seeds: str
    artifacts: str
    inputs: int | None
    seconds: float | None
    seed: int
    bounds: Bounds


def _instrument_generated() -> None:
    """`codec` compiles its readers and writers from the layouts at import, behind the import hook's back."""
    for limits in (codec.PEER_APP, codec.PEER_CARRIER):
        for read in limits.readers.values():
            atheris.instrument_func(read)
    for write in codec._WRITERS.values():
        atheris.instrument_func(write)


def _dictionary(job: Job, words: tuple[bytes, ...]) -> list[str]:
    if not words:
        return []
    path = Path(job.figures).with_suffix(".dict")
    quoted = ("".join(f"\\x{octet:02x}" for octet in word) for word in words)
    path.write_text("".join(f'"{word}"\n' for word in quoted))
    return [f"-dict={path}"]


def main(job: Job) -> None:
    def done(figures: Figures) -> None:
        Path(job.figures).write_text(json.dumps(figures))
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    target = TARGETS[job.target]
    _instrument_generated()
    options = [
        f"-max_len={target.max_length}",
        f"-artifact_prefix={job.artifacts}/",
        f"-seed={job.seed}",
        "-timeout=20",
        "-rss_limit_mb=1024",
        "-entropic_scale_per_exec_time=1",  # long inputs must not crowd out the short ones
        "-print_final_stats=0",
        "-verbosity=0",
        *_dictionary(job, target.words),
    ]
    gauge = Gauge(target.name, target.one_input, done, inputs=job.inputs, seconds=job.seconds, bounds=job.bounds)
    atheris.Setup([sys.argv[0], *options, job.corpus, job.seeds], gauge)
    atheris.Fuzz()


if __name__ == "__main__":
    values = json.loads(sys.argv[1])
    main(Job(**(values | {"bounds": Bounds(*values["bounds"])})))
