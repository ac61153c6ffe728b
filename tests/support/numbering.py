"""Invents a numbering plan and years of porting over it: one seed, one set of octets.

Every number lies in a range invented here. The plan comes first, then days of ports over it with the true state kept
beside, which is what tests compare with after loading. `python -m tests.support.numbering --out conf/sample` makes the
sample files; sizes are options.
"""

import argparse
import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import NamedTuple

from portability.networks import Network, Networks

# Codes are made up, as in the example configuration: the administrator's files have their own.
NETWORKS = (
    Network("telcel", "Telcel", ("334020",), ("188",)),
    Network("att", "AT&T", ("334050", "334090"), ("156",)),
    Network("movistar", "Movistar", ("334030",), ("166",)),
    Network("weex", "Weex", (), ("901",), "movistar"),
)
CODES = {"telcel": (188, 188), "att": (156, 156), "movistar": (166, 166), "weex": (901, 166)}

# One area code per time zone and the large cities.
NIRS = tuple(map(str, (55, 56, 33, 81, 222, 442, 664, 686, 656, 614, 626, 868, 867, 667, 612, 662, 329, 311, 998, 984)))


class Holder(NamedTuple):
    """A range holder as the plan spells it, its share of ranges, and the network it is (None: none configured)."""

    spellings: tuple[str, ...]
    share: int
    network: str | None


HOLDERS = (
    Holder(("AT&T COMERCIALIZACIÓN MÓVIL, S. DE R.L. DE C.V.", "AT&T COMERCIALIZACION MOVIL S DE RL DE CV"), 50, "att"),
    Holder(("RADIOMÓVIL DIPSA, S.A. DE C.V.", "RADIOMOVIL DIPSA, S.A. DE C.V."), 25, "telcel"),
    Holder(("PEGASO PCS, S.A. DE C.V. (ANTES PEGASO COMUNICACIONES)", "PEGASO PCS, S.A. DE C.V."), 11, "movistar"),
    Holder(("ALTÁN REDES, S.A.P.I. DE C.V.",), 9, None),
    Holder(("TELEFONÍA INVENTADA DEL BAJÍO, S.A. DE C.V.",), 2, None),
    Holder(("MÓVIL IMAGINARIA, S.A.P.I. DE C.V. (ANTES «SUEÑO CEL», S.A.)",), 3, None),
)
_MODALITIES = {"CPP": 58, "FIJO": 35, "MPP": 7}  # parts of a hundred ranges
_SIZES = {1_000: 50, 10_000: 40, 700: 10}


@dataclass(frozen=True, slots=True)
class InventedRange:
    """`start` and `end` are national numbers of ten digits, both included."""

    start: int
    end: int
    nir: str
    holder: Holder
    spelling: str
    modality: str

    @property
    def mobile(self) -> bool:
        return self.modality != "FIJO"


@dataclass(slots=True)
class Day:
    """One day's changes in order (None: back to the holder), and all that is ported after it, by E.164 number."""

    changes: list[tuple[int, tuple[int, int] | None]] = field(default_factory=list)
    state: dict[int, tuple[int, int]] = field(default_factory=dict)


def networks() -> Networks:
    """The networks the invented data speaks of."""
    return Networks(NETWORKS)


def invented_plan(random: Random, size: int) -> list[InventedRange]:
    """`size` ranges in order, with gaps between some of them."""
    per_nir = -(-size // len(NIRS))
    ranges: list[InventedRange] = []
    for nir in sorted(NIRS):
        at = int(nir.ljust(10, "0")) + 10_000 * random.randrange(1, 20)
        for _ in range(min(per_nir, size - len(ranges))):
            at += random.choice((0, 0, 0, 10_000))
            ranges.append(_range(random, nir, at))
            at = -(-(ranges[-1].end + 1) // 1_000) * 1_000
    return sorted(ranges, key=lambda invented: invented.start)


def _range(random: Random, nir: str, start: int) -> InventedRange:
    holder = random.choices(HOLDERS, [holder.share for holder in HOLDERS])[0]
    length = random.choices(list(_SIZES), list(_SIZES.values()))[0]
    length = min(length, 10_000 - start % 10_000)
    modality = random.choices(list(_MODALITIES), list(_MODALITIES.values()))[0]
    return InventedRange(start, start + length - 1, nir, holder, random.choice(holder.spellings), modality)


def current_layout(plan: Iterable[InventedRange], newline: str = "\r\n") -> str:
    """The public layout of today: whole numbers."""
    header = "ZONA,NUMERACION_INICIAL,NUMERACION_FINAL,OCUPACION,MODALIDAD,RAZON_SOCIAL,FECHA_ASIGNACION"
    rows = (
        [r.nir[0], r.start, r.end, r.end - r.start + 1, r.modality, r.spelling, f"{1 + r.start % 28:02}/06/2019"]
        for r in plan
    )
    return _csv(header, rows, newline)


def older_layout(plan: Iterable[InventedRange], newline: str = "\r\n") -> str:
    """The public layout until 2021: NIR, SERIE and the last four digits, without leading zeros."""
    header = (
        "CLAVE_CENSAL,POBLACION,MUNICIPIO,ESTADO,PRESUSCRIPCION,REGION,ASL,NIR,SERIE,NUMERACION_INICIAL,"
        "NUMERACION_FINAL,OCUPACION,TIPO_RED,MODALIDAD,RAZON_SOCIAL,FECHA_ASIGNACION,FECHA_CONSOLIDACION,"
        "FECHA_MIGRACION,NIR_ANTERIOR"
    )
    rows = (
        [
            *(f"{90_000_000 + at}", "PUEBLO NUEVO", "PUEBLO NUEVO, CENTRO", "ESTADO", "S", "5", "100"),
            *(r.nir, str(r.start)[len(r.nir) : 6], r.start % 10_000, r.end % 10_000, r.end - r.start + 1),
            *("MOVIL" if r.mobile else "FIJO", r.modality if r.mobile else "", r.spelling, "01/06/2019", "", "", ""),
        ]
        for at, r in enumerate(plan)
    )
    return _csv(header, rows, newline)


def invented_days(random: Random, plan: list[InventedRange], days: int, ports_a_day: int) -> list[Day]:
    """Days of porting. A tenth of the people do most of it; some go back to their range's holder."""
    mobile = [invented for invented in plan if invented.mobile]
    movers = [_someone(random, mobile) for _ in range(max(1, days * ports_a_day // 10))]
    state: dict[int, tuple[int, int]] = {}
    history: list[Day] = []
    for _ in range(days):
        day = Day()
        for _ in range(ports_a_day):
            number, home = random.choice(movers) if random.random() < 0.5 else _someone(random, mobile)
            change = _port(random, state.get(number), home)
            day.changes.append((number, change))
            state = state | {number: change} if change else {key: at for key, at in state.items() if key != number}
        day.state = dict(state)
        history.append(day)
    return history


def _someone(random: Random, mobile: list[InventedRange]) -> tuple[int, str | None]:
    home = random.choice(mobile)
    return int(f"52{random.randint(home.start, home.end)}"), home.holder.network


def _port(random: Random, here: tuple[int, int] | None, home: str | None) -> tuple[int, int] | None:
    """Somewhere else than now; back home is no ported number any more."""
    elsewhere = sorted(key for key, codes in CODES.items() if codes != here and (here or key != home))
    chosen = random.choice(elsewhere)
    return None if chosen == home else CODES[chosen]


def changes_csv(changes: Iterable[tuple[int, tuple[int, int] | None]]) -> str:
    """A day as a file of changes, `number,rida,rcr`."""
    return _csv("number,rida,rcr", ([number, *(codes or ("", ""))] for number, codes in changes), "\n")


def state_csv(state: dict[int, tuple[int, int]]) -> str:
    """All ported numbers as a file, for `--replace`."""
    return changes_csv(sorted(state.items()))


def _csv(header: str, rows: Iterable[Iterable[object]], newline: str) -> str:
    text = io.StringIO(newline="")
    text.write(header + newline)
    writer = csv.writer(text, lineterminator=newline)
    writer.writerows(rows)
    return text.getvalue()


def sample(seed: int, ranges: int, days: int, ports_a_day: int) -> dict[str, str]:
    """File name -> text of a plan and of the numbers ported over it."""
    random = Random(seed)
    plan = invented_plan(random, ranges)
    state = invented_days(random, plan, days, ports_a_day)[-1].state
    return {"plan.csv": current_layout(plan, "\n"), "ported.csv": state_csv(state)}


SAMPLE = {"seed": 52, "ranges": 300, "days": 10, "ports_a_day": 150}


def main() -> None:
    """Writes the sample files; the options' defaults make those of conf/sample."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.numbering", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="directory for plan.csv and ported.csv")
    for name, default in SAMPLE.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    options = vars(parser.parse_args())
    out: Path = options.pop("out")
    out.mkdir(parents=True, exist_ok=True)
    for name, text in sample(**options).items():
        out.joinpath(name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
