"""How long it takes from a number as an app writes it to its network and route, over a table of national size.

`python -m tests.bench.lookup` makes a plan of 178,000 ranges and a table of 50 million ported numbers (once; some two
minutes and 2 GB in --dir), then measures: look-ups in one process, the same while another loads 100,000 changes, what
the process keeps for itself, and `relevo lookup` from the shell. Exits with 1 where a figure is over its limit.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import yaml

from gateway.config import load
from gateway.numbering import build_resolver
from gateway.rules import build_rules
from portability.number import normalise
from routes.facts import MtFacts

ROWS = 50_000_000
BLOCK = 10_000  # numbers of a block, a quarter of which were ported
RANGES = 178_000
LOOKUPS = 300_000
CHANGES = 100_000
COMMANDS = 15
HOLDERS = (
    ("AT&T COMERCIALIZACIÓN MÓVIL, S. DE R.L. DE C.V.", 50),
    ("RADIOMÓVIL DIPSA, S.A. DE C.V.", 25),
    ("PEGASO PCS, S.A. DE C.V. (ANTES PEGASO COMUNICACIONES)", 25),
)
CODES = ("188", "156", "166", "901")
NETWORKS = {
    "telcel": {"name": "Telcel", "mccmnc": ["334020"], "codes": ["188"]},
    "att": {"name": "AT&T", "mccmnc": ["334050", "334090"], "codes": ["156"]},
    "movistar": {"name": "Movistar", "mccmnc": ["334030"], "codes": ["166"]},
    "weex": {"name": "Weex", "codes": ["901"], "hosted_by": "movistar"},
}
ROUTES = [
    {"to_list": "deny.txt", "deny": True},
    {"tag": ["night"], "time": {"zone": "America/Mexico_City", "from": "21:00", "to": "08:00"}, "via": ["att"]},
    {"network": ["weex"], "lane": ["fast"], "via": ["movistar", "att"]},
    {"network": ["telcel"], "via": ["telcel"]},
    {"network": ["movistar", "att"], "via": {"movistar": 70, "att": 30}},
]


class Figure(NamedTuple):
    """A line of the report; `limit` None: told, not judged."""

    what: str
    value: float
    unit: str
    limit: float | None = None

    def __str__(self) -> str:
        judged = "" if self.limit is None else f"   (at most {self.limit:g}{'' if self.met else ': MISSED'})"
        return f"{self.what:<52} {self.value:10.1f} {self.unit}{judged}"

    @property
    def met(self) -> bool:
        return self.limit is None or self.value <= self.limit


# -- what is looked up ------------------------------------------------------------------------------------------------


def starts(rows: int) -> list[int]:
    """The blocks that hold ported numbers, by their first number: spread over the country, in order."""
    count = max(1, rows * 4 // BLOCK)
    return [522_000_000_000 + at * (7_800_000_000 // count // BLOCK * BLOCK) for at in range(count)]


def ported(rows: int) -> Iterator[str]:
    """Rows of the table's file, a block at a time."""
    random = Random(5)
    patterns = [[f"{n:04}" for n in sorted(random.sample(range(BLOCK), BLOCK // 4))] for _ in range(32)]
    for start in starts(rows):
        head, code = str(start)[:8], random.choice(CODES)
        yield "".join([f"{head}{tail},{code}\n" for tail in random.choice(patterns)])


def plan() -> Iterator[str]:
    """The numbering plan in its public layout: ranges of 40,000 that are next to one another, in runs of a holder."""
    random = Random(3)
    yield "ZONA,NUMERACION_INICIAL,NUMERACION_FINAL,OCUPACION,MODALIDAD,RAZON_SOCIAL,FECHA_ASIGNACION\n"
    size, run, holder = 44_000, 0, ""
    for at in range(RANGES):
        if not run:
            run = random.randrange(1, 15)
            [holder] = random.choices([name for name, _ in HOLDERS], [share for _, share in HOLDERS])
        run -= 1
        start = 2_000_000_000 + at * size
        yield f'{start // 10**9},{start},{start + size - 1},{size},CPP,"{holder}",01/06/2019\n'


def written(random: Random, blocks: list[int]) -> str:
    """A number as an app writes it: half of them in a block with ported ones, where every fourth is."""
    number = random.choice(blocks) + random.randrange(BLOCK) if random.random() < 0.5 else 0
    number = number or 522_000_000_000 + random.randrange(7_800_000_000)
    digits = str(number)
    return random.choice(
        (digits, "+" + digits, digits[2:], "521" + digits[2:], f"{digits[2:4]} {digits[4:8]} {digits[8:]}")
    )


def prepare(place: Path, rows: int) -> Path:
    """Everything in `place`; the configuration's path. What an earlier run made is used again."""
    place.mkdir(parents=True, exist_ok=True)
    carriers = {
        name: {"binds": [{"name": name, "host": "127.0.0.1", "port": 1, "system_id": "a", "password": "p"}]}
        for name in ("telcel", "att", "movistar")
    }
    document = {
        "networks": NETWORKS,
        "portability": {"sources": [{"type": "table", "path": "table.db"}, {"type": "plan", "path": "plan.csv"}]},
        "carriers": carriers,
        "routes": ROUTES,
        "apps": {"bank": {"system_id": "bank", "password": "p", "lane": "fast"}},
    }
    config = place / "relevo.yaml"
    config.write_text(yaml.safe_dump(document))
    (place / "deny.txt").write_text("".join(f"+{prefix}\n" for prefix in (3718, 4470, 88213)))
    (place / "plan.csv").write_text("".join(plan()))
    done = place / f"rows-{rows}"
    if not done.exists():
        file = place / "ported.csv"
        with file.open("w") as lines:
            lines.write("number,network\n")
            lines.writelines(ported(rows))
        (place / "table.db").unlink(missing_ok=True)
        subprocess.run([*RELEVO, "-c", config, "portability", "load", file], check=True)
        file.unlink()
        done.touch()
    return config


RELEVO = (sys.executable, "-m", "gateway.cli.main")


# -- measuring --------------------------------------------------------------------------------------------------------


def private_mb() -> float:
    """What this process shares with nobody, in MB; pages of files that any process may map do not count."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/smaps_rollup").read_text().splitlines()[1:])
    return int(fields["Private_Dirty"].split()[0]) / 1024


class Way:
    """From text to route, as intake goes it."""

    def __init__(self, config: Path) -> None:
        loaded = load(config, {}).config
        self.before_mb = private_mb()
        self.resolver = build_resolver(loaded)
        self.routes = build_rules(loaded).routes

    def go(self, text: str) -> tuple[str, ...]:
        """The carriers for a number."""
        number = normalise(text, "MX")
        answer = self.resolver.resolve_now(int(number.digits))
        facts = MtFacts(answer.network, answer.hosts, number.digits, "bank", "fast", "", (), time.time())
        return self.routes.choose(facts, lambda carrier: True, 0.5).carriers


def lookups(
    way: Way,
    texts: list[str],
    until: "subprocess.Popen[bytes] | None" = None,
    clock: Callable[[], int] = time.perf_counter_ns,
) -> tuple[list[int], int]:
    """Nanoseconds of each look-up in order of length, and how many had no route; as long as `until` runs, if given."""
    go = way.go
    took: list[int] = []
    nowhere = 0
    while not took or (until is not None and until.poll() is None):
        for text in texts:
            began = clock()
            carriers = go(text)
            took.append(clock() - began)
            nowhere += not carriers
    return sorted(took), nowhere


def at(sorted_ns: list[int], share: float) -> float:
    """A percentile in microseconds."""
    return sorted_ns[min(len(sorted_ns) - 1, int(len(sorted_ns) * share))] / 1000


def measure(place: Path, rows: int) -> Iterator[Figure]:
    """All figures."""
    config = prepare(place, rows)
    random = Random(11)
    blocks = starts(rows)
    texts = [written(random, blocks) for _ in range(LOOKUPS)]
    way = Way(config)
    lookups(way, texts)  # warm
    took, nowhere = lookups(way, texts)
    if nowhere:
        raise SystemExit(f"{nowhere} numbers found no route")
    yield Figure("text to network and route: median", median(took) / 1000, "us", 15)
    yield Figure("  p99", at(took, 0.99), "us", 60)
    yield Figure("  worst", took[-1] / 1000, "us")
    took, _ = lookups(way, texts, clock=time.thread_time_ns)
    yield Figure("  p99 of its own CPU time, whatever else runs", at(took, 0.99), "us", 60)
    yield Figure("private memory of plan, table and routes", private_mb() - way.before_mb, "MB", 50)
    delta = place / "delta.csv"
    numbers = sorted(random.choice(blocks) + random.randrange(BLOCK) for _ in range(CHANGES))
    delta.write_text("number,network\n" + "".join(f"{number},{random.choice(CODES)}\n" for number in numbers))
    load = subprocess.Popen([*RELEVO, "-c", config, "portability", "load", delta], stdout=subprocess.DEVNULL)
    took, _ = lookups(way, texts[:2_000], load)
    if load.returncode:
        raise SystemExit("the load failed")
    yield Figure(f"beside a load of {CHANGES:,} changes: p99", at(took, 0.99), "us", 1000)
    yield Figure("  worst", took[-1] / 1000, "us")
    yield Figure("relevo lookup NUMBER: median", median(command(config, texts)) * 1000, "ms", 300)


def command(config: Path, texts: list[str]) -> list[float]:
    """Seconds of each run of the command."""
    took = []
    for text in texts[:COMMANDS]:
        began = time.perf_counter()
        subprocess.run([*RELEVO, "-c", config, "lookup", text], check=True, stdout=subprocess.DEVNULL)
        took.append(time.perf_counter() - began)
    return took


def main(argv: list[str] | None = None) -> int:
    """Print the figures; 1 where one is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--dir", type=Path, default=Path("/tmp/relevo-lookup"), help="kept for the next run")
    args = parser.parse_args(argv)
    met = True
    for figure in measure(args.dir, args.rows):
        print(figure, flush=True)
        met = met and figure.met
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
