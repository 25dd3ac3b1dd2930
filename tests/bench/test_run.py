"""A tiny run of the benchmarks measures what it says, on a program of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from regulars.bench import rest
from regulars.bench.doors import lookup_paths
from regulars.bench.payloads import world_of
from regulars.bench.place import BenchFailed
from regulars.bench.run import Options, run_bench
from regulars.bench.sizes import TINY
from regulars.bench.soak import Soaked, soak


@pytest.mark.slow
def test_a_tiny_run_measures_every_row_and_leaves_nothing_behind(tmp_path: Path) -> None:
    said: list[str] = []
    report = run_bench(
        Options(only=("engine", "http", "lookup", "growth", "console", "till")), said.append, sizes=TINY
    )
    assert [row.note for row in report.rows if row.value is None] == []
    assert {row.name for row in report.rows} >= {
        "pgbench",
        "engine-copy",
        "http-p99",
        "lookup-p99",
        "growth",
        "live-p99",
        "till-confirm-p99",
        "till-balance-p99",
        "till-quote-40-p99",
    }
    assert all(row.value is not None and row.value > 0 for row in report.rows)


def test_a_stage_that_cannot_run_says_why_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = run_bench(Options(only=("import", "make-run"), retail=tmp_path / "missing.parquet"), sizes=TINY)
    assert [(row.name, row.verdict) for row in report.rows] == [
        ("import", "not measured"),
        ("make-run", "not measured"),
    ]
    assert "--retail" in report.rows[0].note


@pytest.mark.soak
def test_a_long_load_loses_nothing_and_memory_does_not_grow() -> None:
    done = soak(2.0, people=2_000)
    assert done.events > 0


def test_memory_that_grows_or_is_over_the_ceiling_fails_a_soak() -> None:
    Soaked(memory_mb=[300.0] * 300).check()
    with pytest.raises(BenchFailed, match="ceiling"):
        Soaked(memory_mb=[300.0, 900.0]).check()
    with pytest.raises(BenchFailed, match="grows"):
        Soaked(memory_mb=[200.0 + n for n in range(300)]).check()


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_the_tree_of_a_process_holds_those_below_it() -> None:
    import os
    import subprocess

    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        assert {os.getpid(), child.pid} <= set(rest.tree(os.getpid()))
        assert rest.memory_mb(os.getpid()) > 5
    finally:
        child.kill()
        child.wait()
        assert child.stdin is not None
        child.stdin.close()


def test_look_ups_ask_by_every_kind_of_identifier() -> None:
    paths = lookup_paths(world_of(200), 100)
    kinds = {path.partition("?")[2].partition("=")[0] for path in paths}
    assert kinds == {"email", "phone", "external_id", "payment_token", "loyalty_card"}
    assert not any("+" in path for path in paths)


def test_a_tiny_run_of_quotes_measures_every_row() -> None:
    report = run_bench(Options(only=("promotions",)), sizes=TINY)
    found = {row.name: row.value for row in report.rows}
    assert found["quote-optimum"] == 100
    assert all(
        (found[f"quote-{lines}-p99"] or 0) >= (found[f"quote-{lines}-p50"] or 0) > 0 for lines in (15, 40)
    )
    assert found["promotions-compile"]
