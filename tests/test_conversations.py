"""The last message between two numbers: remembered for most of the latest pairs."""

from gateway.conversations import Conversations

FIRST, SECOND, THIRD = (f"0192d3b4-0000-7000-8000-{number:012}" for number in (1, 2, 3))


def test_conversations_remember_the_last_message_of_each_pair() -> None:
    conversations = Conversations()
    for pair, message_id in ((("1", "a"), FIRST), (("1", "b"), SECOND), (("1", "a"), THIRD)):
        conversations.sent(*pair, message_id)

    assert [conversations.last("1", to) for to in "abc"] == [THIRD, SECOND, ""]


def test_conversations_push_out_the_pair_whose_place_another_takes() -> None:
    conversations = Conversations(1)
    conversations.sent("1", "a", FIRST)
    conversations.sent("1", "b", SECOND)

    assert [conversations.last("1", to) for to in "ab"] == ["", SECOND]


def test_conversations_remember_most_of_their_latest_pairs() -> None:
    conversations = Conversations(4_096)
    for number in range(1_000):
        conversations.sent("1", str(number), FIRST)

    assert sum(conversations.last("1", str(number)) == FIRST for number in range(1_000)) > 800
