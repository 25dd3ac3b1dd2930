"""Metrics are what a scraper reads, and no caller can make them grow without end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import regulars
from regulars.observe import METRICS, Metrics
from regulars.observe.metrics import LABEL_VALUES_MAX, OTHER


def test_a_scrape_shows_what_was_counted_set_and_measured() -> None:
    metrics = Metrics()
    metrics.add("events_received_total", 3, source_kind="square", type="sale.completed")
    metrics.set("queue_events", 7)
    metrics.observe("turn_seconds", 0.02)
    text = metrics.exposition().decode()
    assert 'regulars_events_received_total{source_kind="square",type="sale.completed"} 3.0' in text
    assert "regulars_queue_events 7.0" in text
    assert 'regulars_turn_seconds_bucket{le="0.025"} 1.0' in text


def test_a_watched_gauge_is_read_at_each_scrape() -> None:
    metrics = Metrics()
    waiting = [1, 2]
    metrics.watch("quarantine_open", lambda: len(waiting))
    waiting.append(3)
    assert metrics.value("quarantine_open") == 3


def test_label_values_past_the_bound_are_counted_together() -> None:
    metrics = Metrics()
    for number in range(LABEL_VALUES_MAX + 50):
        metrics.add("events_rejected_total", code=f"code-{number}")
    assert metrics.value("events_rejected_total", code=OTHER) == 50
    assert metrics.value("events_rejected_total", code="code-0") == 1


def test_an_undeclared_name_or_label_is_a_bug_that_shows() -> None:
    metrics = Metrics()
    with pytest.raises(KeyError):
        metrics.add("no_such_total")
    with pytest.raises(ValueError, match="labels"):
        metrics.add("events_rejected_total", reason="x")


def test_two_programs_in_one_process_count_apart() -> None:
    one, two = Metrics(), Metrics()
    one.add("events_applied_total")
    assert (one.value("events_applied_total"), two.value("events_applied_total")) == (1, 0)


def test_names_carry_units_and_every_metric_says_what_it_tells() -> None:
    units = {
        "counter": "_total",
        "gauge": "(_seconds|_events|_open|_pending|_dead|_faults)",
        "histogram": "(_seconds|_events)",
    }
    for info in METRICS:
        assert re.search(units[info.kind] + "$", info.name), info.name
        assert info.help.endswith("."), info.name


def test_every_metric_of_the_table_is_fed_by_the_program() -> None:
    package = Path(regulars.__path__[0])
    paths = [path for path in package.rglob("*.py") if not path.is_relative_to(package / "observe")]
    code = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    fed = {info.name for info in METRICS if f'"{info.name}"' in code}
    if 'f"events_{status}_total"' in code:
        fed |= {"events_applied_total", "events_duplicate_total"}
    assert sorted({info.name for info in METRICS} - fed) == []
