"""Every metric of Relevo, declared once.

Labels are bounded: names from the configuration and closed sets, never a number, a message id or a text. Durations are
histograms in seconds, ages are gauges in seconds. A label is "none" where there was none (a message rejected before it
had a carrier). What the hot way counts is a slot (`gateway.series`); what can be asked at any time is a reader
(`gateway.scrape`).
"""

from typing import get_args

from gateway.scrape import Scrape
from gateway.series import AnyFamily, Counter, Gauge, Histogram

# Upper ends of buckets, in seconds. The OTP promise (p99 of accept to submit under 50 ms) is read off the first row, so
# it is fine there; its tail reaches the bulk lane's 48 h.
_ACCEPT_TO_SUBMIT = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0, 28800.0, 86400.0, 172800.0),
)
_ANSWER = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
_RECEIPT = (0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0, 14400.0, 43200.0, 172800.0)
_COMMIT = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
_LOOKUP = (0.00001, 0.00002, 0.00005, 0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 3.0)
_LAG = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)

# Closed sets, so that the series are there before the first event: an alert on a rate sees no step from absent to 1.
_INTERFACE = {"interface": ("http", "smpp", "kannel", "jasmin", "reply", "ops")}
_CODE = {
    "code": (
        *("invalid_number", "unknown_network", "no_route", "denied", "sender_not_allowed"),
        *("over_tps", "over_quota", "queue_full", "store_unavailable"),
    )
}
_COMMAND_STATUS = {"command_status": ("ESME_ROK",)}
_STOP = {"reason": ("credentials", "submit", "operator")}
_ADDRESS = {"address": ("source", "destination")}
_STATE = {"state": ("DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "ACCEPTD", "UNKNOWN", "REJECTD", "ENROUTE")}
_STATUS = {"status": ("delivered", "undelivered", "expired", "unknown", "rejected", "cancelled")}
_UNCERTAIN = {"outcome": ("resent", "failed", "settled")}
_WEBHOOK = {"outcome": ("ok", "retry", "dead")}


class Metrics(Scrape):
    """The process's metrics, an attribute each: `metrics.submitted(carrier, bind, lane).n += 1`.

    Constructor arguments as in `Scrape`.
    """

    def __init__(self, version: str, *, process: bool = True) -> None:
        # Messages and their segments
        self.accepted = Counter(
            "relevo_accepted_total", "app lane interface", "Messages on disk and answered yes.", values=_INTERFACE
        )
        self.refused = Counter("relevo_refused_total", "app code", "Submissions refused at the door.", values=_CODE)
        self.submitted = Counter("relevo_submitted_total", "carrier bind lane", "Segments sent as submit_sm.")
        self.submit_responses = Counter(
            "relevo_submit_responses_total",
            "carrier bind command_status",
            "Answers to submit_sm.",
            values=_COMMAND_STATUS,
        )
        self.receipts = Counter(
            "relevo_receipts_total", "carrier state", "Delivery receipts that belong to a segment.", values=_STATE
        )
        self.receipts_unmatched = Counter(
            "relevo_receipts_unmatched_total", "carrier", "Delivery receipts whose id belongs to no segment."
        )
        self.receipts_pending = Gauge("relevo_receipts_pending", "carrier", "Segments whose final receipt is awaited.")
        self.wrong_network = Counter(
            "relevo_wrong_network_total",
            "network carrier",
            "Messages that a carrier refused because another network serves the number (errors: wrong_network).",
        )
        self.final = Counter(
            "relevo_final_total",
            "carrier lane status",
            "Messages that came to their end.",
            values=_STATUS,
            none="carrier",
        )
        self.inbound = Counter(
            "relevo_inbound_total", "carrier app", "Inbound messages, by where they went.", none="app"
        )
        self.uncertain = Counter(
            "relevo_uncertain_total",
            "carrier outcome",
            "Segments in flight when their bind was lost, by what became of them; resent ones may arrive twice.",
            values=_UNCERTAIN,
        )
        self.accept_to_submit_seconds = Histogram(
            "relevo_accept_to_submit_seconds",
            "carrier lane",
            "From accepted (or due, if later) to sent to the carrier.",
            _ACCEPT_TO_SUBMIT,
        )
        self.submit_response_seconds = Histogram(
            "relevo_submit_response_seconds", "carrier", "From submit_sm to its response.", _ANSWER
        )
        self.receipt_delay_seconds = Histogram(
            "relevo_receipt_delay_seconds", "carrier", "From submit_sm to the final delivery receipt.", _RECEIPT
        )

        # Carriers and binds
        self.queue_depth = Gauge("relevo_queue_depth", "carrier lane", "Segments that wait for the carrier.")
        self.queue_oldest_seconds = Gauge(
            "relevo_queue_oldest_seconds", "carrier lane", "How long the oldest of them has waited since it was due."
        )
        self.lane_ttl_seconds = Gauge(
            "relevo_lane_ttl_seconds", "lane", "How old a message of the lane may be when it is sent."
        )
        self._declare_binds()
        self.address_refused_ratio = Gauge(
            "relevo_address_refused_ratio",
            "carrier address",
            "Share of the last five minutes' answers to submit_sm that blame an address; 0 below 50 answers.",
            values=_ADDRESS,
        )
        self.enquire_link_seconds = Histogram(
            "relevo_enquire_link_seconds", "carrier bind", "From enquire_link to its response.", _ANSWER
        )

        # Store and portability
        self.store_commit_seconds = Histogram("relevo_store_commit_seconds", "", "A commit, begun to on disk.", _COMMIT)
        self.store_errors = Counter("relevo_store_errors_total", "", "Calls of the store that failed.")
        self.store_size_bytes = Gauge("relevo_store_size_bytes", "", "Size of the store on disk.")
        self.store_free_bytes = Gauge("relevo_store_free_bytes", "", "Free space on the store's disk.")
        self.lookups = Counter("relevo_lookups_total", "source result", "Questions to a portability source.")
        self.lookup_seconds = Histogram(
            "relevo_lookup_seconds", "source", "A question to a portability source.", _LOOKUP
        )
        self.lookup_cache_hits = Counter(
            "relevo_lookup_cache_hits_total", "", "Networks known without asking a source."
        )
        self.portability_table_age_seconds = Gauge(
            "relevo_portability_table_age_seconds", "", "Time since the table of ported numbers was loaded."
        )

        # Apps
        self.app_binds = Gauge("relevo_app_binds", "app", "SMPP sessions the app has bound.")
        self.deliveries_waiting = Gauge(
            "relevo_deliveries_waiting", "app", "Receipts and inbound messages the app has not taken yet."
        )
        self.deliveries_oldest_seconds = Gauge(
            "relevo_deliveries_oldest_seconds", "app", "How long the oldest of them has waited."
        )
        self.deliveries_dead = Counter(
            "relevo_deliveries_dead_total", "app", "Receipts and inbound messages that were given up; kept for replay."
        )
        self.webhooks = Counter("relevo_webhooks_total", "app outcome", "Webhook posts.", values=_WEBHOOK)
        self.webhook_seconds = Histogram("relevo_webhook_seconds", "app", "A webhook post, to its answer.", _ANSWER)

        # The process
        self.config_last_reload_success = Gauge(
            "relevo_config_last_reload_success", "", "1 if the last load or reload of the configuration took, else 0."
        )
        self.config_last_reload_timestamp_seconds = Gauge(
            "relevo_config_last_reload_timestamp_seconds", "", "When the configuration was last loaded, Unix time."
        )
        self.tls_certificate_expiry_timestamp_seconds = Gauge(
            "relevo_tls_certificate_expiry_timestamp_seconds", "listener", "When the certificate expires, Unix time."
        )
        self.loop_lag_seconds = Histogram(
            "relevo_loop_lag_seconds", "", "How late the event loop does what is due.", _LAG
        )
        self.asyncio_tasks = Gauge(
            "relevo_asyncio_tasks", "", "Tasks of the event loop: a few, and one for each HTTP connection."
        )
        self.log_lines_lost = Counter("relevo_log_lines_lost_total", "", "Log lines that could not be written.")

        families = [family for family in vars(self).values() if isinstance(family, get_args(AnyFamily))]
        super().__init__(families, version, process=process)

    def _declare_binds(self) -> None:
        """What is said of each bind to a carrier."""
        self.bind_up = Gauge("relevo_bind_up", "carrier bind", "1 while bound, else 0.")
        self.bind_stopped = Gauge(
            "relevo_bind_stopped",
            "carrier bind reason",
            "1 while the bind stays away for that reason until somebody starts it, else 0.",
            values=_STOP,
        )
        self.bind_reconnects = Counter(
            "relevo_bind_reconnects_total", "carrier bind", "Times the bind was bound again after it was lost."
        )
        self.bind_window_used = Gauge("relevo_bind_window_used", "carrier bind", "Unanswered requests.")
        self.bind_window_size = Gauge("relevo_bind_window_size", "carrier bind", "Unanswered requests there may be.")
        self.bind_window_bulk = Gauge(
            "relevo_bind_window_bulk",
            "carrier bind",
            "Of these, what bulk may have now: fewer while the carrier's answers come ever later.",
        )
        self.bind_rate_limit = Gauge(
            "relevo_bind_rate_limit", "carrier bind", "Segments a second that adaptive pacing allows now."
        )
        self.bind_rate_configured = Gauge(
            "relevo_bind_rate_configured", "carrier bind", "Segments a second that the configuration allows the bind."
        )
        self.bind_rate_ceiling = Gauge(
            "relevo_bind_rate_ceiling",
            "carrier bind",
            "Segments a second at which the carrier was found to refuse, for five minutes; 0 while none is remembered.",
        )
        self.throttled = Counter("relevo_throttled_total", "carrier bind", "Answers ESME_RTHROTTLED and ESME_RMSGQFUL.")
        self.bind_throttled_seconds = Counter(
            "relevo_bind_throttled_seconds_total",
            "carrier bind",
            "Time the bind was paused by such answers.",
        )
