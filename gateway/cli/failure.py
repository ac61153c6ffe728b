"""How a command ends when it cannot do what it was asked: a line or a few on standard error, and an exit status."""

FAILED = 1
WRONG_USAGE = 2


class Failure(Exception):
    """The text says what is wrong and what to do about it; `status` is the command's exit status."""

    def __init__(self, text: str, status: int = FAILED) -> None:
        self.status = status
        super().__init__(text)
