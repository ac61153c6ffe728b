"""Reference numbers per pair of numbers."""

from gateway.text.references import References


def test_references_count_up_per_pair_and_wrap():
    references = References(lambda: 0.999999)
    taken = [references.take("45555", "525512345678") for _ in range(3)]
    assert taken == [65535, 0, 1]


def test_references_start_where_chance_says():
    starts = iter(range(1 << 16))
    references = References(lambda: next(starts) / 65536)
    assert len({references.take("45555", str(number)) for number in range(200)}) > 190


def test_pairs_count_apart():
    references = References(lambda: 0.0)
    firsts = [references.take("45555", str(number)) for number in range(100)]
    assert firsts.count(0) > 90
