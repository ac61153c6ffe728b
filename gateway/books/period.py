"""Which segments an export is of: those accepted, submitted or ended from one moment on and before another."""

from typing import Literal, NamedTuple, get_args

from gateway.store.ids import first_id

By = Literal["accepted", "submitted", "final"]
BYS: tuple[By, ...] = get_args(By)

CLOCK_STEP_S = 60.0
"""How far a message's id and its `accepted_at` may be apart: they were read from a clock that may have been set."""


class Period(NamedTuple):
    """From `since` on and before `until`, in epoch seconds; `by` says which moment of a segment counts.

    Periods that follow one another leave no segment out and count none twice, whichever moment it is.
    """

    since: float
    until: float
    by: By = "accepted"

    def ids(self) -> tuple[str, str]:
        """Bounds of the ids to read: the first, and one beyond the last.

        A message may be sent a year after it was accepted (`send_at`): by another moment all ids before the end count.
        """
        first = first_id(self.since - CLOCK_STEP_S) if self.by == "accepted" else ""
        return first, first_id(self.until + CLOCK_STEP_S)

    def has(self, accepted_at: float, submitted_at: float | None, final_at: float | None) -> bool:
        """Whether a segment with these moments belongs to it."""
        at = {"accepted": accepted_at, "submitted": submitted_at, "final": final_at}[self.by]
        return at is not None and self.since <= at < self.until
