"""How long answers are kept, and which goes first."""

import pytest

from portability.answer import Answer
from portability.cache import Cache

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


def test_cache_lets_the_answer_stored_longest_ago_go_first() -> None:
    cache = Cache(2, 100, 100)
    for number in (1, 2, 3, 4):
        cache.put(number, ATT, now=number)
    cache.put(1, None, now=5)
    cache.put(9, ATT, now=6)

    assert [number for number in (1, 2, 3, 4, 9) if cache.get(number, 7)] == [1, 3, 4, 9]
    assert len(cache) == 4


def test_cache_keeps_nearly_as_many_as_its_size_says() -> None:
    cache = Cache(1_000, 100, 100)
    for number in range(525500000000, 525500001000):
        cache.put(number, ATT, 0)

    assert 900 < sum(cache.get(number, 1) is not None for number in range(525500000000, 525500001000)) <= len(cache)


def test_cache_gives_back_all_that_an_answer_says() -> None:
    cache = Cache(10, 100, 100)
    answers = [
        Answer("att", "http", True, 1_700_000_000.25, False, ("telcel",), "words"),
        Answer("att", "http", True, 1_700_000_009.5, False, ("telcel",), "words"),
        Answer(None, "http", None, None, None, (), "rn=7 is no network of the configuration"),
    ]
    for number, answer in enumerate(answers, 1):
        cache.put(number, answer, 0)

    assert [cache.get(number, 1).answer for number in (1, 2, 3)] == answers  # type: ignore[union-attr]


def test_cache_forgets_all_when_too_many_answers_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portability.cache.MOST_KINDS", 3)
    cache = Cache(10, 100, 100)
    for number in range(1, 5):
        cache.put(number, Answer(None, "http", detail=f"rn={number}"), 0)

    assert [number for number in range(1, 5) if cache.get(number, 1)] == [4]
    assert len(cache) == 1


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
