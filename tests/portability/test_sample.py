"""The sample files are what the generator makes, and hold what they seem to."""

from itertools import pairwise
from pathlib import Path
from random import Random

from portability.answer import Answer
from portability.load import load
from portability.plan import Plan, read_plan
from portability.source import Resolver
from portability.table import Table
from tests.support.numbering import SAMPLE, invented_days, invented_plan, networks, sample

CONF = Path(__file__).resolve().parents[2] / "conf" / "sample"


def test_same_seed_makes_the_same_octets_and_another_seed_others() -> None:
    assert sample(**SAMPLE) == sample(**SAMPLE)
    assert sample(**SAMPLE) != sample(**{**SAMPLE, "seed": 1})


def test_committed_sample_is_what_the_generator_makes() -> None:
    for name, text in sample(**SAMPLE).items():
        assert (CONF / name).read_bytes() == text.encode()


def test_numbers_lie_in_mobile_ranges_that_do_not_overlap() -> None:
    plan = invented_plan(Random(1), 500)
    days = invented_days(Random(1), plan, days=3, ports_a_day=50)

    assert all(one.end < other.start for one, other in pairwise(plan))
    for number, _ in days[0].changes:
        assert any(r.mobile and r.start <= number - 52 * 10**10 <= r.end for r in plan)


def test_sample_resolves_as_its_history_says(tmp_path: Path) -> None:
    load(CONF / "ported.csv", tmp_path / "t.db", networks(), now=0.0)
    table = Table(tmp_path / "t.db", networks(), monotonic=lambda: 0.0)
    plan = Plan(read_plan(CONF / "plan.csv", networks()))
    resolver = Resolver([table, plan], plan=plan)
    random = Random(SAMPLE["seed"])
    invented = invented_plan(random, SAMPLE["ranges"])
    state = invented_days(random, invented, SAMPLE["days"], SAMPLE["ports_a_day"])[-1].state

    for number, codes in state.items():
        answer = resolver.resolve_now(number)
        assert isinstance(answer, Answer)
        assert (answer.network, answer.source, answer.ported, answer.mobile) == (
            networks().served_by_codes(*codes).network,
            "table",
            True,
            True,
        )
    for piece in invented:
        answer = resolver.resolve_now(int(f"52{piece.start}"))
        assert isinstance(answer, Answer)
        assert answer.mobile is piece.mobile
        if int(f"52{piece.start}") not in state:
            assert (answer.network, answer.ported) == (piece.holder.network, False)
    table.close()
