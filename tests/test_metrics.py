"""Metrics: their names and labels, which dashboards and alerts are built on, and what a scrape says."""

from collections.abc import Iterable

import pytest
from prometheus_client.exposition import choose_encoder
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from gateway import series
from gateway.metrics import Metrics
from gateway.series import Counter, Gauge, Histogram, Latency

NAMES = [
    "relevo_accepted_total{app,lane,interface}",
    "relevo_refused_total{app,code}",
    "relevo_submitted_total{carrier,bind,lane}",
    "relevo_submit_responses_total{carrier,bind,command_status}",
    "relevo_receipts_total{carrier,state}",
    "relevo_receipts_unmatched_total{carrier}",
    "relevo_wrong_network_total{network,carrier}",
    "relevo_final_total{carrier,lane,status}",
    "relevo_inbound_total{carrier,app}",
    "relevo_queue_depth{carrier,lane}",
    "relevo_queue_oldest_seconds{carrier,lane}",
    "relevo_accept_to_submit_seconds{carrier,lane}",
    "relevo_submit_response_seconds{carrier}",
    "relevo_receipt_delay_seconds{carrier}",
    "relevo_bind_up{carrier,bind}",
    "relevo_bind_stopped{carrier,bind,reason}",
    "relevo_bind_reconnects_total{carrier,bind}",
    "relevo_bind_window_used{carrier,bind}",
    "relevo_throttled_total{carrier,bind}",
    "relevo_bind_rate_limit{carrier,bind}",
    "relevo_bind_rate_configured{carrier,bind}",
    "relevo_store_commit_seconds",
    "relevo_store_errors_total",
    "relevo_lookups_total{source,result}",
    "relevo_lookup_seconds{source}",
    "relevo_bind_window_size{carrier,bind}",
    "relevo_bind_window_bulk{carrier,bind}",
    "relevo_bind_rate_ceiling{carrier,bind}",
    "relevo_bind_throttled_seconds_total{carrier,bind}",
    "relevo_enquire_link_seconds{carrier,bind}",
    "relevo_address_refused_ratio{carrier,address}",
    "relevo_uncertain_total{carrier,outcome}",
    "relevo_receipts_pending{carrier}",
    "relevo_portability_table_age_seconds",
    "relevo_lookup_cache_hits_total",
    "relevo_config_last_reload_success",
    "relevo_config_last_reload_timestamp_seconds",
    "relevo_store_size_bytes",
    "relevo_store_free_bytes",
    "relevo_deliveries_oldest_seconds{app}",
    "relevo_webhook_seconds{app}",
    "relevo_tls_certificate_expiry_timestamp_seconds{listener}",
    "relevo_app_binds{app}",
    "relevo_webhooks_total{app,outcome}",
    "relevo_deliveries_waiting{app}",
    "relevo_deliveries_dead_total{app}",
    "relevo_lane_ttl_seconds{lane}",
    "relevo_loop_lag_seconds",
    "relevo_log_lines_lost_total",
    "relevo_asyncio_tasks",
    "relevo_metrics_reader_errors_total{metric}",
]
DURATIONS = {
    "relevo_accept_to_submit_seconds",
    "relevo_submit_response_seconds",
    "relevo_receipt_delay_seconds",
    "relevo_store_commit_seconds",
    "relevo_lookup_seconds",
    "relevo_enquire_link_seconds",
    "relevo_webhook_seconds",
    "relevo_loop_lag_seconds",
}


@pytest.fixture
def metrics() -> Metrics:
    return Metrics("1.2.3", process=False)


def samples(metrics: Metrics) -> dict[str, float]:
    """What the text format says: the sample as written there -> its number."""
    _, body = metrics.expose()
    lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_metrics_have_the_published_names_and_labels(metrics: Metrics) -> None:
    written = {
        family.name + ("{" + ",".join(family.labels) + "}" if family.labels else "")
        for family in metrics.families.values()
    }

    assert written == set(NAMES)


@pytest.mark.parametrize("written", NAMES)
def test_metric_has_the_kind_its_name_says(metrics: Metrics, written: str) -> None:
    name = written.partition("{")[0]
    kind = Counter if name.endswith("_total") else Histogram if name in DURATIONS else Gauge

    assert isinstance(metrics.families[name], kind)
    assert metrics.families[name].help_text.endswith(".")


def test_slot_counts_into_its_own_series(metrics: Metrics) -> None:
    metrics.submitted("telcel", "telcel-1", "fast").n += 1
    metrics.submitted("telcel", "telcel-1", "fast").n += 1
    metrics.submitted("telcel", "telcel-2", "fast").n += 1

    said = samples(metrics)

    assert said['relevo_submitted_total{bind="telcel-1",carrier="telcel",lane="fast"}'] == 2
    assert said['relevo_submitted_total{bind="telcel-2",carrier="telcel",lane="fast"}'] == 1


def test_family_refuses_another_count_of_label_values(metrics: Metrics) -> None:
    with pytest.raises(ValueError, match="relevo_bind_up has the labels"):
        metrics.bind_up("telcel")


def test_family_counts_under_other_when_a_peer_invents_label_values(
    metrics: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series, "MAX_SERIES", 3)
    for status in range(10):
        metrics.submit_responses("telcel", "telcel-1", hex(status)).n += 1

    said = {name: n for name, n in samples(metrics).items() if name.startswith("relevo_submit_responses_total")}

    assert len(said) == 4
    assert said['relevo_submit_responses_total{bind="other",carrier="other",command_status="other"}'] == 7


def test_latency_counts_a_bound_into_its_own_bucket() -> None:
    latency = Latency((0.01, 0.1, 1.0))
    for seconds in (0.01, 0.010001, 0.1, 1.0, 1.000001, 50.0):
        latency.observe(seconds)

    assert latency.counts == [1, 2, 1, 2]


def test_latency_takes_a_clock_set_back_as_zero() -> None:
    latency = Latency((0.01,))
    latency.observe(-3.0)

    assert (latency.counts, latency.sum) == ([1, 0], 0.0)


def test_histogram_is_exposed_cumulative_with_sum_and_count(metrics: Metrics) -> None:
    latency = metrics.submit_response_seconds("telcel")
    for seconds in (0.004, 0.004, 0.9, 100.0):
        latency.observe(seconds)

    said = samples(metrics)

    name = "relevo_submit_response_seconds"
    assert said[name + '_bucket{carrier="telcel",le="0.0025"}'] == 0
    assert said[name + '_bucket{carrier="telcel",le="0.005"}'] == 2
    assert said[name + '_bucket{carrier="telcel",le="1.0"}'] == 3
    assert said[name + '_bucket{carrier="telcel",le="60.0"}'] == 3
    assert said[name + '_bucket{carrier="telcel",le="+Inf"}'] == 4
    assert said[name + '_count{carrier="telcel"}'] == 4
    assert said[name + '_sum{carrier="telcel"}'] == pytest.approx(100.908)


def test_buckets_ascend_and_tell_ten_milliseconds_from_fifty(metrics: Metrics) -> None:
    for family in metrics.families.values():
        if isinstance(family, Histogram):
            bounds = family(*(["x"] * len(family.labels))).bounds
            assert list(bounds) == sorted(set(bounds))

    assert {0.01, 0.02, 0.03, 0.05, 0.1} <= set(metrics.accept_to_submit_seconds("x", "fast").bounds)


def test_preset_makes_every_series_of_what_is_configured(metrics: Metrics) -> None:
    metrics.preset(
        ["telcel", "movistar"], [("telcel", "t1"), ("telcel", "t2"), ("movistar", "m1")], ["fast", "bulk"], ["bank"]
    )

    said = samples(metrics)

    assert said['relevo_bind_up{bind="m1",carrier="movistar"}'] == 0
    assert 'relevo_bind_up{bind="m1",carrier="telcel"}' not in said
    assert said['relevo_submitted_total{bind="t2",carrier="telcel",lane="bulk"}'] == 0
    assert said['relevo_submit_responses_total{bind="t1",carrier="telcel",command_status="ESME_ROK"}'] == 0
    assert said['relevo_accepted_total{app="bank",interface="smpp",lane="fast"}'] == 0
    assert said['relevo_refused_total{app="bank",code="over_tps"}'] == 0
    assert said['relevo_final_total{carrier="telcel",lane="bulk",status="delivered"}'] == 0
    assert said['relevo_final_total{carrier="none",lane="bulk",status="rejected"}'] == 0
    assert said['relevo_inbound_total{app="none",carrier="movistar"}'] == 0
    assert said['relevo_accept_to_submit_seconds_count{carrier="movistar",lane="fast"}'] == 0
    assert said["relevo_store_errors_total"] == 0
    assert "relevo_store_free_bytes" not in said


def test_preset_after_a_reload_keeps_the_figures(metrics: Metrics) -> None:
    metrics.preset(["telcel"], [("telcel", "t1")], ["fast"], ["bank"])
    metrics.throttled("telcel", "t1").n += 5
    metrics.preset(["telcel"], [("telcel", "t1"), ("telcel", "t2")], ["fast"], ["bank"])

    assert samples(metrics)['relevo_throttled_total{bind="t1",carrier="telcel"}'] == 5


def test_forget_drops_gauges_of_what_a_reload_took_out_and_nothing_else(metrics: Metrics) -> None:
    metrics.preset(["telcel"], [("telcel", "t1"), ("telcel", "t2")], ["fast"], ["bank"])
    metrics.throttled("telcel", "t2").n += 3
    metrics.forget(carrier="telcel", bind="t2")

    said = samples(metrics)

    assert 'relevo_bind_up{bind="t2",carrier="telcel"}' not in said, "it is not down: it is no more"
    assert said['relevo_throttled_total{bind="t2",carrier="telcel"}'] == 3
    assert 'relevo_bind_up{bind="t1",carrier="telcel"}' in said
    assert 'relevo_queue_depth{carrier="telcel",lane="fast"}' in said


def test_gauge_reader_is_asked_at_each_scrape_until_it_is_ended(metrics: Metrics) -> None:
    metrics.preset(["telcel", "att"], [], ["fast"], [])
    depths = {"telcel": 3.0}

    def read() -> Iterable[tuple[tuple[str, ...], float]]:
        return [((carrier, "fast"), depth) for carrier, depth in depths.items()]

    end = metrics.gauge_reader("relevo_queue_depth", read)
    first = samples(metrics)
    depths["telcel"] = 8.0
    second = samples(metrics)
    end()
    third = samples(metrics)

    name = 'relevo_queue_depth{carrier="telcel",lane="fast"}'
    assert [first[name], second[name], third[name]] == [3, 8, 0]
    assert first['relevo_queue_depth{carrier="att",lane="fast"}'] == 0


def test_readers_share_a_metric_without_repeating_a_series(metrics: Metrics) -> None:
    metrics.gauge_reader("relevo_app_binds", lambda: [(("bank",), 1.0)])
    metrics.gauge_reader("relevo_app_binds", lambda: [(("shop",), 2.0), (("bank",), 4.0)])

    _, body = metrics.expose()

    assert body.count(b'relevo_app_binds{app="bank"}') == 1
    assert body.count(b'relevo_app_binds{app="shop"}') == 1


def test_counter_reader_gives_a_counter_kept_elsewhere(metrics: Metrics) -> None:
    metrics.counter_reader("relevo_lookup_cache_hits_total", lambda: [((), 17)])

    assert samples(metrics)["relevo_lookup_cache_hits_total"] == 17


@pytest.mark.parametrize("name", ["relevo_queue_dept", "relevo_loop_lag_seconds", "relevo_store_errors_total"])
def test_gauge_reader_of_what_is_no_gauge_is_refused(metrics: Metrics, name: str) -> None:
    with pytest.raises(ValueError, match="is not a gauge"):
        metrics.gauge_reader(name, list)


@pytest.mark.parametrize("result", [[(("telcel",), 1.0)], ZeroDivisionError("empty window")])
def test_broken_reader_costs_its_own_metric_and_is_counted(metrics: Metrics, result: object) -> None:
    def read() -> Iterable[tuple[tuple[str, ...], float]]:
        if isinstance(result, Exception):
            raise result
        return result  # type: ignore[return-value]

    metrics.preset(["telcel"], [("telcel", "t1")], ["fast"], [])
    metrics.gauge_reader("relevo_bind_up", read)

    said = samples(metrics)

    assert not [name for name in said if name.startswith("relevo_bind_up")]
    assert said['relevo_bind_window_used{bind="t1",carrier="telcel"}'] == 0
    assert said['relevo_metrics_reader_errors_total{metric="relevo_bind_up"}'] == 1


def test_expose_gives_prometheus_text_that_parses(metrics: Metrics) -> None:
    metrics.preset(['tel"cel\\\n'], [], ["fast"], [])
    content_type, body = metrics.expose("text/plain")

    families = {family.name: family for family in text_string_to_metric_families(body.decode())}

    assert content_type.startswith("text/plain; version=")
    assert families["relevo_accept_to_submit_seconds"].type == "histogram"
    assert {s.labels["carrier"] for s in families["relevo_queue_depth"].samples} == {'tel"cel\\\n'}
    (build,) = families["relevo_build_info"].samples
    assert build.labels["version"] == "1.2.3"


def test_expose_gives_openmetrics_where_it_is_accepted(metrics: Metrics) -> None:
    metrics.preset(["telcel"], [("telcel", "t1")], ["fast"], ["bank"])
    content_type, body = metrics.expose("application/openmetrics-text; version=1.0.0,text/plain;q=0.5")

    families = {family.name: family for family in openmetrics.text_string_to_metric_families(body.decode())}  # type: ignore[no-untyped-call]

    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert families["relevo_submitted"].type == "counter"
    assert families["relevo_build"].type == "info"


@pytest.mark.parametrize(
    "accept",
    [
        "",
        "text/plain;version=1.0.0;escaping=allow-utf-8",
        "application/openmetrics-text",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.9,*/*;q=0.1",
    ],
)
def test_slices_make_up_what_the_encoder_says_of_the_whole(metrics: Metrics, accept: str) -> None:
    metrics.preset(["telcel"], [("telcel", "t1")], ["fast"], ["bank"])
    encode, content_type = choose_encoder(accept)

    said_type, slices = metrics.slices(accept)
    said = list(slices)

    assert (said_type, b"".join(said)) == (content_type, encode(metrics.registry))
    assert len(said) > len(metrics.families)


def test_expose_answers_text_when_the_accepted_version_is_nonsense(metrics: Metrics) -> None:
    content_type, body = metrics.expose("application/openmetrics-text; version=latest")

    assert content_type.startswith("text/plain")
    assert b"# EOF" not in body


def test_process_metrics_are_read_when_asked_for() -> None:
    assert samples(Metrics("1.2.3"))["process_resident_memory_bytes"] > 1_000_000
