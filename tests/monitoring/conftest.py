"""A gateway with a carrier to scrape."""

from tests.peers.conftest import gateway, smsc

__all__ = ["gateway", "smsc"]
