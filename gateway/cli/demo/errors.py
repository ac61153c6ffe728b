"""What ends the demo early."""


class StoryError(Exception):
    """A step that the rest depends on failed; the text says which, for people."""
