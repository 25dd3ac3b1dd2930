"""The table says what was asked, what was measured, and which figures are missed."""

from __future__ import annotations

import pytest

from regulars.bench.figures import BY_NAME, FIGURES, STAGES
from regulars.bench.machine import Machine
from regulars.bench.run import chosen_stages
from regulars.bench.table import Report, Row
from regulars.vocabulary.errors import InvalidInput

MACHINE = Machine("a processor", 2, 8.0, "Linux 6", "3.13.1", "18", 0.5, 0.1)


@pytest.mark.parametrize(
    ("name", "value", "verdict"),
    [
        ("engine-pgbench", 5.0, "aim"), ("engine-pgbench", 4.9, "must"), ("engine-pgbench", 2.4, "missed"),
        ("http-p99", 20.0, "aim"), ("http-p99", 50.0, "must"), ("http-p99", 50.1, "missed"), ("pgbench", 1.0, ""),
    ],
)  # fmt: skip
def test_a_value_is_held_to_its_figure(name: str, value: float, verdict: str) -> None:
    assert Row(name, value).verdict == verdict


def test_what_was_missed_or_not_measured_is_named() -> None:
    rows = [
        Row("http-p99", 80.0),
        Row("growth", None, "the server ended"),
        Row("rest-cpu", 0.2),
        Row("copy", 1e5),
    ]
    report = Report(MACHINE, quick=True, rows=rows)
    assert report.missed == ["http-p99", "growth"]
    text = report.text()
    assert "80.0 ms" in text
    assert "the server ended" in text
    assert "quick run" in text


def test_ratios_are_written_as_they_are_asked_for() -> None:
    text = Report(
        MACHINE, quick=False, rows=[Row("engine-copy", 1 / 18.2), Row("engine-pgbench", 3.04)]
    ).text()
    assert "1/20" in text
    assert "1/18.2" in text
    assert "3.04×" in text


def test_a_busy_machine_is_named() -> None:
    busy = Machine("a processor", 2, 8.0, "Linux 6", "3.13.1", "18", 0.5, 1.5)
    assert "the machine was busy" in Report(busy, quick=False).text()
    assert "busy" not in Report(MACHINE, quick=False).text()


def test_figures_and_stages_are_chosen_by_name() -> None:
    assert chosen_stages(()) == list(STAGES)
    assert chosen_stages(("growth", "http-p50")) == ["http", "growth"]
    with pytest.raises(InvalidInput, match="no figure 'speed'"):
        chosen_stages(("speed",))


def test_a_figure_aims_higher_than_what_it_must_reach() -> None:
    for figure in FIGURES:
        if figure.aim is not None:
            assert figure.must is not None
            assert (figure.aim > figure.must) is figure.higher, figure.name
    assert len(BY_NAME) == len(FIGURES)
