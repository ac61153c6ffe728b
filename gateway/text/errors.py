"""What can be wrong with words on their way out. Nothing on the way in raises: see `oddity`."""


class TextError(ValueError):
    """The text cannot be sent as it was asked for; nothing was changed."""


class UnencodableError(TextError):
    """A character that the encoding (or the carrier) cannot carry.

    `character` and `index` (in the text as given) say which one comes first, `reason` why in words;
    `character` is empty and `index` -1 where it is the request, not one character, that cannot be met.
    """

    def __init__(self, reason: str, character: str = "", index: int = -1) -> None:
        self.reason = reason
        self.character = character
        self.index = index
        at = f"U+{ord(character):04X} at index {index}: " if character else ""
        super().__init__(at + reason)


class TextTooLongError(TextError):
    """The text needs more segments than a message may have. `segments` is the least it needs, `allowed` the limit."""

    def __init__(self, segments: int, allowed: int) -> None:
        self.segments = segments
        self.allowed = allowed
        super().__init__(f"needs at least {segments} segments, {allowed} are allowed")


class BadHeaderError(TextError):
    """A user data header that an app gave is not one (3GPP TS 23.040 §9.2.3.24), or leaves no room for text."""
