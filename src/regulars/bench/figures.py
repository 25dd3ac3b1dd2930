"""The figures the program is held to. The page docs/reference/benchmarks.md is written from this list."""

from __future__ import annotations

from typing import Final, Literal

from msgspec import Struct

Unit = Literal["times", "µs", "ms", "s", "MB", "KB", "%", "/s", "requests"]


class Figure(Struct, frozen=True):
    """One row of the table. Without `must` it is shown for information. `load` says what is done meanwhile.

    `stage` is the part of the run it is measured in; `higher` says whether more is better.
    """

    name: str
    what: str
    load: str
    unit: Unit
    stage: str
    must: float | None = None
    aim: float | None = None
    higher: bool = False

    def verdict(self, value: float) -> str:
        """`aim`, `must` or `missed`; empty for information."""
        if self.must is None:
            return ""
        sign = 1 if self.higher else -1
        if self.aim is not None and sign * value >= sign * self.aim:
            return "aim"
        return "must" if sign * value >= sign * self.must else "missed"


FIGURES: Final = (
    Figure(
        "pgbench", "pgbench TPC-B, the baseline", "scale 10, 4 clients, same server", "/s", "engine", higher=True
    ),
    Figure("copy", "bare COPY of the same payloads, the baseline", "one column of text", "/s", "engine", higher=True),
    Figure(
        "engine", "sale events through the engine, durable", "64 callers of 60 events, 80 % known customers, after a warm-up",
        "/s", "engine", higher=True,
    ),
    Figure("engine-pgbench", "the same ÷ pgbench", "as above", "times", "engine", 2.5, 5.0, higher=True),
    Figure("engine-copy", "the same ÷ COPY", "as above", "times", "engine", 1 / 20, 1 / 10, higher=True),
    Figure(
        "http-batches", "sale events through HTTP, durable", "8 callers of 250 events, client on the same machine",
        "/s", "http", higher=True,
    ),
    Figure(
        "http-p50", "single event, request to committed answer, p50", "300/s, Poisson arrivals, open loop",
        "ms", "http",
    ),
    Figure(
        "http-p99", "single event, request to committed answer, p99", "300/s, Poisson arrivals, open loop",
        "ms", "http", 50.0, 20.0,
    ),
    Figure(
        "lookup-p50", "profile look-up by any identifier, p50", "200/s beside 300 events/s, 1 M profiles, open loop",
        "ms", "lookup",
    ),
    Figure(
        "lookup-p99", "profile look-up by any identifier, p99", "200/s beside 300 events/s, 1 M profiles, open loop",
        "ms", "lookup", 30.0, 10.0,
    ),
    Figure(
        "beside-p99", "single event beside the look-ups, p99", "300/s beside 200 look-ups/s, 1 M profiles",
        "ms", "lookup",
    ),
    Figure(
        "growth", "cost of a sale event at 2 M events ÷ at 100 k events", "known customers, full load",
        "times", "growth", 1.5, 1.1,
    ),
    Figure(
        "page-p95", "slowest kind of console page, p95", "10 pages/s of all kinds beside 100 events/s, 1 M profiles, 5 M sales",
        "ms", "console", 150.0, 60.0,
    ),
    Figure(
        "store-p95", "look-up on the store screen, p95", "card, phone or e-mail; among those pages",
        "ms", "console", 80.0, 30.0,
    ),
    Figure(
        "live-p99", "sale on every screen after its commit, p99", "100 viewers of Live events, 300 events/s, 1 M profiles",
        "ms", "console", 1_000.0, 300.0,
    ),
    Figure(
        "first-paint", "first paint of the slowest page", "CPU slowed 4 times, 5 Mbit/s, 20 ms, empty cache, 1440 wide",
        "ms", "console", 1_500.0, 1_000.0,
    ),
    Figure("page-html", "largest page", "HTML, compressed", "KB", "console", 30.0),
    Figure("page-assets", "files of a page", "charts left out, compressed, empty cache", "KB", "console", 120.0),
    Figure("page-requests", "requests of a page", "charts left out, empty cache", "requests", "console", 10.0),
    Figure(
        "import", "import of Online Retail II, 1,044,847 lines", "`regulars import sales`, new home, start included",
        "s", "import", 90.0, 30.0,
    ),
    *(
        Figure(
            f"{name}-{what}", f"{name}: {words}", "batch, one process; cuts chosen without its labels", "%", "matching", must, aim,
            higher=True,
        )
        for name, what, words, must, aim in (
            ("febrl3", "f1", "F1 of pairs", 99.0, 99.6),
            ("febrl4", "f1", "F1 of pairs", 99.5, 99.8),
            ("historical", "f1", "F1 of pairs", 88.0, 91.0),
            ("historical", "b-cubed", "B-cubed F1", 89.0, 92.0),
            ("historical", "precision", "precision of pairs", 97.0, 98.0),
            ("fake-1000", "f1", "F1 of pairs", 90.0, 93.0),
            ("fake-1000", "precision", "precision of pairs", 99.0, None),
            ("senzing", "f1", "F1 of pairs", 95.0, 98.0),
        )
    ),
    Figure("matching-weight", "weighing a pair of records", "historical, pairs of one block", "µs", "matching"),
    Figure("matching-records", "records resolved in memory", "historical, one process", "/s", "matching", higher=True),
    Figure(
        "shop-precision", "demo shop: precision of pairs", "32,000 records of seeds not looked at, the shipped model", "%",
        "matching", 99.0, 99.8, higher=True,
    ),
    Figure("shop-recall", "demo shop: recall of pairs that a detail can join", "the same", "%", "matching", 93.0, 96.0, higher=True),
    Figure("shop-people", "demo shop: most people in one profile", "the same", "times", "matching", 4.0, 2.0),
    Figure(
        "new-records", "new records a second", "calls of 100 by 4 callers, durable, 1 M records loaded", "/s", "identity",
        1_000.0, 2_000.0, higher=True,
    ),
    Figure("new-record-p50", "one new record, median", "one caller, durable, 1 M records loaded", "ms", "identity", 15.0, 8.0),
    Figure("new-record-p99", "one new record, p99", "the same", "ms", "identity", 60.0, 30.0),
    Figure("identity-memory", "memory of the process that matches", "`serve`, after as many by HTTP, 1 M records loaded", "MB", "identity", 400.0, 250.0),
    Figure("identity-bytes", "bytes a record takes", "records, identifiers, keys, with indexes; without the log", "KB", "identity", 5.0, 3.0),
    Figure(
        "match-anew", "all records matched anew ÷ Splink's prediction and clustering", "1 M records, a model that seeks alike", "times",
        "identity", 2.0, 1.0,
    ),
    Figure(
        "match-otherwise", "the same by a model of other weights and one block more", "1 M records, all get other keys", "times",
        "identity", 2.0, 1.0,
    ),
    *(
        figure
        for lines, must, aim in ((15, 20.0, 8.0), (40, 40.0, 15.0))
        for figure in (
            Figure(
                f"quote-{lines}-p50", f"quote of {lines} related lines, median", "2,000 promotions, 20,000 products, in memory", "ms",
                "promotions",
            ),
            Figure(f"quote-{lines}-p99", f"quote of {lines} related lines, p99", "the same", "ms", "promotions", must, aim),
            Figure(f"quote-{lines}-gap", "such quotes that stop early and state a gap", "the same", "%", "promotions"),
        )
    ),
    Figure(
        "points-mix", "sales that earn and holds that are spent ÷ pgbench", "two thirds sales, hot members, 1 M members, 100 k lots ending",
        "times", "points", 1.0, 2.0, higher=True,
    ),
    Figure("points-sweep", "members whose points ended, swept a second", "in turns of 1,000", "/s", "points", higher=True),
    Figure("promotions-compile", "promotions made ready for quotes", "2,000 promotions", "ms", "promotions", 1_000.0, 300.0),
    Figure(
        "quote-optimum", "best combination found, held to every way there is", "small baskets of 30 promotions that compete", "%",
        "promotions", 100.0, higher=True,
    ),
    Figure(
        "till-confirm-p50", "sale confirmed at a till, request to committed answer, p50",
        "100/s beside 300 events/s and 100 look-ups/s, 1 M members, 100 k lots ending, open loop", "ms", "till",
    ),
    Figure("till-confirm-p99", "sale confirmed at a till, request to committed answer, p99", "the same", "ms", "till", 60.0, 30.0),
    Figure("till-balance-p50", "member and balance looked up at a till, p50", "the same", "ms", "till"),
    Figure("till-balance-p99", "member and balance looked up at a till, p99", "the same", "ms", "till", 10.0, 5.0),
    *(
        figure
        for lines, must, aim in ((15, 20.0, 8.0), (40, 40.0, 15.0))
        for figure in (
            Figure(
                f"till-quote-{lines}-p50", f"quote of {lines} related lines for a member over HTTP, median",
                "10/s, 2,000 promotions, 20,000 products, 1 M members, open loop", "ms", "till",
            ),
            Figure(
                f"till-quote-{lines}-p99", f"quote of {lines} related lines for a member over HTTP, p99", "the same", "ms",
                "till", must, aim,
            ),
        )
    ),
    Figure(
        "loyalty-replay", "90 days of sales counted under a draft programme", "1 M sales, 1 M customers, beside what holds; in processes of its own",
        "s", "loyalty", 120.0, 40.0,
    ),
    Figure("rest-memory", "process tree at rest, memory (PSS)", "60 s, no traffic", "MB", "rest", 450.0, 250.0),
    Figure("rest-cpu", "process tree at rest, CPU of one core", "60 s, no traffic", "%", "rest", 3.0, 1.0),
    Figure(
        "make-run", "`make run` to the first profile on screen", "new clone, new home, wheels cached",
        "s", "make-run", 60.0, 20.0,
    ),
)  # fmt: skip
BY_NAME: Final = {figure.name: figure for figure in FIGURES}
STAGES: Final = tuple(dict.fromkeys(figure.stage for figure in FIGURES))
