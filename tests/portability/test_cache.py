"""How long answers are kept, and which goes first."""

from portability.cache import Cache
from portability.source import Answer

ATT = Answer("att", "http")


def test_cache_keeps_an_answer_for_its_ttl_and_nothing_for_a_shorter_one() -> None:
    cache = Cache(10, ttl_s=100, negative_ttl_s=5)
    cache.put(1, ATT, now=0)
    cache.put(2, None, now=0)

    assert [cache.get(1, 4).answer, cache.get(2, 4).answer] == [ATT, None]  # type: ignore[union-attr]
    assert cache.get(2, 5) is None
    assert cache.get(1, 99) is not None
    assert cache.get(1, 100) is None
    assert (cache.hits, cache.misses) == (3, 2)


def test_cache_lets_the_longest_unasked_go_first() -> None:
    cache = Cache(2, 100, 100)
    cache.put(1, ATT, 0)
    cache.put(2, ATT, 0)
    cache.get(1, 1)
    cache.put(3, ATT, 2)

    assert [number for number in (1, 2, 3) if cache.get(number, 3)] == [1, 3]
    assert len(cache) == 2


def test_cache_gives_a_stale_answer_only_when_asked_for_one() -> None:
    cache = Cache(2, 10, 10)
    cache.put(1, ATT, 0)

    assert cache.get(1, 50) is None
    assert cache.stale(1, 50, longest_s=60).answer == ATT  # type: ignore[union-attr]
    assert cache.stale(1, 61, longest_s=60) is None


def test_cache_forgets_a_number_and_all() -> None:
    cache = Cache(3, 10, 10)
    for number in (1, 2):
        cache.put(number, ATT, 0)
    cache.drop(1)
    cache.drop(7)

    assert cache.get(1, 1) is None
    cache.clear()
    assert len(cache) == 0


def test_cache_of_no_size_keeps_nothing() -> None:
    cache = Cache(0, 10, 10)
    cache.put(1, ATT, 0)

    assert cache.get(1, 0) is None
