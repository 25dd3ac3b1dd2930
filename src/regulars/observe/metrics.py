"""The metrics, declared in one table, and the registry that counts them.

The table below is all there is: the reference page is written from it and an undeclared name is an error
at its first use. Times are in seconds. Label values are bounded, so that no caller can grow the registry
without end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Literal

import msgspec
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

LABEL_VALUES_MAX = 200
"""Most distinct values of one label; what comes after is counted under `other`."""

OTHER = "other"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "regulars_"

_FAST_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BATCH_EVENTS = (1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0)


class MetricInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One metric: its name without the `regulars_` prefix, its kind, its labels and what it tells."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def full_name(self) -> str:
        """The name as a scraper sees it."""
        return _PREFIX + self.name


def _counter(name: str, help_text: str, *labels: str) -> MetricInfo:
    return MetricInfo(name=name, kind="counter", help=help_text, labels=labels)


def _gauge(name: str, help_text: str, *labels: str) -> MetricInfo:
    return MetricInfo(name=name, kind="gauge", help=help_text, labels=labels)


def _histogram(name: str, help_text: str, buckets: tuple[float, ...], *labels: str) -> MetricInfo:
    return MetricInfo(name=name, kind="histogram", help=help_text, labels=labels, buckets=buckets)


METRICS: tuple[MetricInfo, ...] = (
    _counter("events_received_total", "Events that came in at a door.", "source_kind", "type"),
    _counter("events_applied_total", "Events that changed the state, after the commit."),
    _counter("events_duplicate_total", "Events that were known already."),
    _counter(
        "events_rejected_total", "Events that went to the quarantine, by the code of the fault.", "code"
    ),
    _histogram(
        "turn_seconds", "Time of one turn, from its first query to the end of its commit.", _FAST_SECONDS
    ),
    _histogram("turn_events", "Events in one turn.", _BATCH_EVENTS),
    _histogram("turn_wait_seconds", "Time an event waited for its turn to start.", _FAST_SECONDS),
    _gauge("queue_events", "Events waiting for a turn."),
    _gauge("quarantine_open", "Rejected events waiting for a fix and a replay."),
    _gauge("outbox_pending", "Effects waiting to be sent, by their kind.", "kind"),
    _gauge("outbox_dead", "Effects that were given up; their last error is kept with them.", "kind"),
    _counter(
        "deliveries_total", "Attempts to send an effect, by its kind and how it ended.", "kind", "result"
    ),
    _gauge("ledger_faults", "What the last nightly audit of the loyalty ledger found that does not add up."),
    _gauge("canary_age_seconds", "Time since the last canary event came through the whole path."),
    _gauge("engine_lag_seconds", "Age of the oldest event that was received and is not committed."),
    _counter("http_requests_total", "HTTP requests, by route pattern and status.", "route", "status"),
    _histogram(
        "http_request_seconds", "Time from request to answer, by route pattern.", _FAST_SECONDS, "route"
    ),
)

_COLLECTORS: dict[str, Callable[..., Any]] = {"counter": Counter, "gauge": Gauge, "histogram": Histogram}


class Metrics:
    """The metrics of one process. Safe to call from any thread; one call costs a few microseconds.

    Each method raises KeyError for a name the table does not declare, and ValueError for labels other than
    the declared ones: both are bugs in the caller.
    """

    def __init__(self, table: tuple[MetricInfo, ...] = METRICS) -> None:
        self._registry = CollectorRegistry()
        self._infos = {info.name: info for info in table}
        self._collectors = {info.name: self._declare(info) for info in table}
        self._children: dict[tuple[str, tuple[str, ...]], Any] = {}
        self._seen: dict[tuple[str, str], set[str]] = {}
        self._lock = threading.Lock()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)

    def add(self, name: str, amount: float = 1, /, **labels: str) -> None:
        """Count `amount` more on a counter."""
        self._child(name, labels).inc(amount)

    def set(self, name: str, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        self._child(name, labels).set(value)

    def watch(self, name: str, read: Callable[[], float], /, **labels: str) -> None:
        """Let a gauge be read from `read` at every scrape; it must be quick and must not raise."""
        self._child(name, labels).set_function(read)

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Add one measurement to a histogram."""
        self._child(name, labels).observe(value)

    def value(self, name: str, /, **labels: str) -> float:
        """The present value of a counter or gauge, 0 when it was never touched; for pages and tests."""
        info = self._infos[name]
        found = self._registry.get_sample_value(info.full_name, labels)
        return 0.0 if found is None else found

    def exposition(self) -> bytes:
        """Everything in the Prometheus text format, to be sent as CONTENT_TYPE."""
        return generate_latest(self._registry)

    def _declare(self, info: MetricInfo) -> Any:
        options: dict[str, Any] = {"registry": self._registry}
        if info.buckets:
            options["buckets"] = info.buckets
        return _COLLECTORS[info.kind](info.full_name, info.help, info.labels, **options)

    def _child(self, name: str, labels: dict[str, str]) -> Any:
        key = (name, tuple(labels.values()))
        child = self._children.get(key)
        return self._bind(name, labels, key) if child is None else child

    def _bind(self, name: str, labels: dict[str, str], key: tuple[str, tuple[str, ...]]) -> Any:
        info = self._infos[name]
        if tuple(labels) != info.labels:
            raise ValueError(
                f"{name} takes the labels {info.labels}, in this order, and got {tuple(labels)}."
            )
        with self._lock:
            bounded = [self._bound(name, label, value) for label, value in labels.items()]
            collector = self._collectors[name]
            child = collector.labels(*bounded) if bounded else collector
            # A value past the bound is not remembered: the cache is bounded as the labels are.
            if tuple(bounded) == key[1]:
                self._children[key] = child
        return child

    def _bound(self, name: str, label: str, value: str) -> str:
        seen = self._seen.setdefault((name, label), set())
        if value in seen or len(seen) < LABEL_VALUES_MAX:
            seen.add(value)
            return value
        return OTHER
