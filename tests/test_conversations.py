"""The last message between two numbers."""

from gateway.conversations import Conversations

FIRST, SECOND, THIRD = (f"0192d3b4-0000-7000-8000-{number:012}" for number in (1, 2, 3))


def test_conversations_remember_the_last_message_of_each_pair() -> None:
    conversations = Conversations()
    for pair, message_id in ((("1", "a"), FIRST), (("1", "b"), SECOND), (("1", "a"), THIRD)):
        conversations.sent(*pair, message_id)

    assert [conversations.last("1", to) for to in "abc"] == [THIRD, SECOND, ""]
