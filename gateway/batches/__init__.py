"""The road in for many: rows through the intake as a stream, counted, paused, resumed and cancelled as one."""

from gateway.batches.book import Batches
from gateway.batches.lookups import Lookups
from gateway.batches.spreading import Spread
from gateway.batches.upload import Refused, Row, Upload
from gateway.batches.watching import Watching

__all__ = ["Batches", "Lookups", "Refused", "Row", "Spread", "Upload", "Watching"]
