"""What /metrics of a running gateway has from the start, and that no label of it can grow without bound."""

import re
from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gateway.metrics import Metrics
from tests.support.gateway import GatewayProcess, until

# Without their source there is nothing to tell: no table of ported numbers, no TLS, no source asked, no reader failed.
WITHOUT_SERIES = {
    "relevo_portability_table_age_seconds",
    "relevo_tls_certificate_expiry_timestamp_seconds",
    "relevo_lookups_total",
    "relevo_lookup_seconds",
    "relevo_metrics_reader_errors_total",
}
NUMBER = "525512345678"
LABELS = {
    "app": {"bank", "none"},
    "bind": {"one-1"},
    "carrier": {"one", "none"},
    "network": {"home"},
    "lane": {"fast", "bulk"},
    "interface": {"http", "smpp", "kannel", "jasmin", "reply", "ops"},
    "status": {"delivered", "undelivered", "expired", "unknown", "rejected", "cancelled"},
}
WORDS = {"address", "code", "state", "outcome", "command_status", "listener", "source", "result", "metric", "reason"}


async def families(gateway: GatewayProcess) -> list[Metric]:
    url = f"http://127.0.0.1:{gateway.admin_port}/metrics"
    async with gateway.session.get(url, headers={"Accept": "application/openmetrics-text; version=1.0.0"}) as answer:
        return list(text_string_to_metric_families(await answer.text()))


def series(found: Iterable[Metric]) -> dict[str, int]:
    """How many series each metric has, by the name it is declared under."""
    return {family.name + ("_total" if family.type == "counter" else ""): len(family.samples) for family in found}


async def test_every_metric_is_there_before_the_first_message(gateway: GatewayProcess) -> None:
    async def store_measured() -> dict[str, int]:
        there = series(await families(gateway))
        return there if there["relevo_store_free_bytes"] else {}

    there = await until(store_measured, 10, "the size of the store")

    assert set(Metrics("0", process=False).families) - set(there) == set()
    assert {name for name, count in there.items() if name.startswith("relevo_") and not count} <= WITHOUT_SERIES


async def test_traffic_brings_no_number_no_id_and_no_text_into_a_label(gateway: GatewayProcess) -> None:
    await gateway.send("Tu clave es 482913", NUMBER, lane="fast")
    await gateway.post({"to": "12", "text": "hola"})
    await gateway.post({"to": NUMBER, "text": "hola", "from": "5550001111"})

    for family in await families(gateway):
        for sample in family.samples:
            for label, value in sample.labels.items():
                if label in LABELS:
                    assert value in LABELS[label], sample
                elif family.name.startswith("relevo_") and family.name != "relevo_build":
                    assert label == "le" or (label in WORDS and re.fullmatch(r"[A-Za-z_]+", value)), sample
