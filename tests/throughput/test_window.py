import pytest

from throughput.window import Window


@pytest.mark.parametrize(
    ("size", "reserve", "urgent", "bulk"),
    [(1, 0.2, 1, 1), (2, 0.2, 2, 1), (2, 0.9, 2, 1), (10, 0.2, 10, 8), (10, 0.01, 10, 9), (50, 0.0, 50, 50)],
)
def test_window_keeps_the_urgent_share_free(size: int, reserve: float, urgent: int, bulk: int) -> None:
    window = Window(size, reserve)
    assert (window.free(urgent=True), window.free()) == (urgent, bulk)
    assert (window.most(urgent=True), window.most()) == (urgent, bulk)


def test_window_counts_what_is_unanswered() -> None:
    window = Window(10, 0.2)
    window.take(7)
    assert (window.used, window.free(urgent=True), window.free()) == (7, 3, 1)
    window.take(2)
    assert (window.free(urgent=True), window.free()) == (1, 0)
    window.give_back()
    assert (window.used, window.free()) == (8, 0)
    window.clear()
    assert window.free() == 8


def test_window_is_not_widened_by_an_answer_too_many() -> None:
    window = Window(2)
    window.take()
    window.give_back(5)
    assert window.free() == 2


@pytest.mark.parametrize(("size", "reserve"), [(0, 0.2), (10, 1.0), (10, -0.1)])
def test_window_refuses_what_leaves_no_place(size: int, reserve: float) -> None:
    with pytest.raises(ValueError, match="window"):
        Window(size, reserve)


def test_window_of_another_size_keeps_what_is_unanswered() -> None:
    window = Window(10, 0.2)
    window.take(8)

    window.resize(4, 0.5)

    assert (window.used, window.free(True), window.reserved) == (8, 0, 2)
    window.give_back(6)
    assert (window.free(True), window.free(False)) == (2, 0)
    with pytest.raises(ValueError, match="window of 0"):
        window.resize(0, 0.0)
