"""A run: stages in order, each in a home of its own, so that a part can be run alone.

A stage that fails does not end the run: its rows say why they were not measured.
"""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

from msgspec import Struct

from regulars.demo.world import World
from regulars.store.programs import find_programs, major_version
from regulars.store.rollup import Rollup
from regulars.vocabulary.errors import InvalidInput, RegularsError

from . import (
    browser,
    doors,
    engine,
    files,
    identity,
    loyalty,
    matching,
    newcomer,
    pages,
    people,
    points,
    promotions,
    rest,
    splink_batch,
    splink_shop,
    till,
)
from .baseline import bare_copy, pgbench
from .figures import BY_NAME, FIGURES, STAGES, Figure
from .machine import machine
from .payloads import customers, sales, world_of
from .place import NEW, BenchFailed, Home, Server, opened, serving, workshop
from .sizes import QUICK, Sizes
from .table import Report, Row

HISTORY_DAYS: Final = 730
"""Over how long the sales of a grown home are spread."""
Said = Callable[[str], None]


class Options(Struct, frozen=True):
    """What to run. `only`: names of figures or stages; all when empty. `keep`: a directory whose loaded homes are
    kept for the next run. `retail`: the file of Online Retail II, `labelled`: the folder of the labelled
    sets of people; both are looked for nearby when not given."""

    quick: bool = False
    only: tuple[str, ...] = ()
    keep: Path | None = None
    retail: Path | None = None
    labelled: Path | None = None


def run_bench(options: Options, said: Said = lambda _: None, *, sizes: Sizes | None = None) -> Report:
    """Measure what is asked for. `said` hears what is being done, a line at a time.

    Raises InvalidInput when `only` names what is not there.
    """
    stages = chosen_stages(options.only)
    chosen = sizes or (QUICK if options.quick else Sizes())
    began = time.perf_counter()
    with workshop(options.keep) as place:
        postgres = str(major_version(find_programs()))
        report = Report(machine(place, postgres), options.quick)
        run = _Run(place, chosen, options, said)
        for stage in stages:
            said(f"stage {stage}")
            report.rows += run.rows(stage)
    if options.only and not set(options.only) & set(STAGES):
        report.rows = [row for row in report.rows if row.name in options.only]
    report.seconds = time.perf_counter() - began
    return report


def chosen_stages(only: tuple[str, ...]) -> list[str]:
    """The stages that `only` needs, in order. Raises InvalidInput."""
    known = {**{figure.name: figure.stage for figure in FIGURES}, **{stage: stage for stage in STAGES}}
    for name in only:
        if name not in known:
            raise InvalidInput(f"There is no figure {name!r}; there are: {', '.join(known)}.", field="only")
    wanted = {known[name] for name in only} or set(STAGES)
    return [stage for stage in STAGES if stage in wanted]


class _Run:
    """What the stages of one run share: places, worlds, and the rate of the small home."""

    def __init__(self, place: Path, sizes: Sizes, options: Options, said: Said) -> None:
        self._place = place
        self._sizes = sizes
        self._options = options
        self._said = said
        self._numbers = count(1)
        self._small_rate: float | None = None
        self._worlds: dict[int, World] = {}
        self._sold: dict[Path, int] = {}
        self._stages: Mapping[str, Callable[[], Iterator[Row]]] = {
            "engine": self._engine, "http": self._http, "lookup": self._lookup, "growth": self._growth,
            "console": self._console, "import": self._import, "matching": self._matching, "identity": self._identity, "promotions": self._promotions, "points": self._points, "till": self._till, "loyalty": self._loyalty, "rest": self._rest,
            "make-run": self._make_run,
        }  # fmt: skip

    def rows(self, stage: str) -> list[Row]:
        """The rows of a stage, in the order of the figures."""
        found: dict[str, Row] = {}
        try:
            for row in self._stages[stage]():
                self._said(f"  {BY_NAME[row.name].what}: {row.value:,.2f}")
                found[row.name] = row
        except (RegularsError, ExceptionGroup, OSError, subprocess.SubprocessError) as error:
            why = _why(error)
            self._said(f"  failed: {why}")
            found |= {f.name: Row(f.name, None, why) for f in _of(stage) if f.name not in found}
        return [found[figure.name] for figure in _of(stage) if figure.name in found]

    # -- stages -----------------------------------------------------------------------------------

    def _engine(self) -> Iterator[Row]:
        """Baselines and engine on one server, one after the other."""
        sizes = self._sizes
        with self._base() as (home, world):
            server = home.store.embedded
            assert server is not None, "homes of a run are embedded"
            bodies = self._sales_to_measure(home, world)
            transactions = pgbench(server, sizes.pgbench_seconds)
            yield Row("pgbench", transactions)
            copied = bare_copy(server, bodies)
            size = sum(map(len, bodies)) // len(bodies)
            yield Row("copy", copied, f"{len(bodies):,} events of {size} bytes on average; best of three")
            rate = engine.saturate(home, bodies, warm=sizes.warm_sales)
            self._small_rate = rate.per_second
            note = f"{rate.events:,} events in {rate.seconds:.1f} s, {sizes.base_people:,} customers known before"
            yield Row("engine", rate.per_second, note)
            yield Row("engine-pgbench", rate.per_second / transactions)
            yield Row("engine-copy", rate.per_second / copied)

    def _http(self) -> Iterator[Row]:
        sizes = self._sizes
        with self._base() as (home, world):
            key = home.key
            many = list(sales(world, sizes.batch_events, first=self._next(home, sizes.batch_events)))
            needed = sizes.pace.events_needed(sizes.open_seconds)
            single = list(sales(world, needed, first=self._next(home, needed)))
        with serving(home.path) as server:
            rate = asyncio.run(doors.post_batches(server, key, many))
            yield Row("http-batches", rate.per_second)
        # Started anew: what PostgreSQL and the disk still do after a full load is not what is asked about.
        with serving(home.path) as server:
            times = asyncio.run(doors.post_singles(server, key, single, sizes.open_seconds, sizes.pace))
            note = f"{len(times.milliseconds):,} answers, {times.per_second:.0f}/s for {sizes.open_seconds:.0f} s"
            yield Row("http-p50", times.percentile(0.5))
            yield Row("http-p99", times.percentile(0.99), note)

    def _lookup(self) -> Iterator[Row]:
        sizes = self._sizes
        with self._large() as (home, world):
            key = home.key
            needed = sizes.pace.events_needed(sizes.open_seconds)
            single = list(sales(world, needed, first=self._next(home, needed)))
        with serving(home.path) as server:
            lookups, events = asyncio.run(
                doors.look_up(server, key, single, world, sizes.open_seconds, sizes.pace)
            )
        note = f"{len(lookups.milliseconds):,} look-ups among {sizes.profiles:,} customers"
        yield Row("lookup-p50", lookups.percentile(0.5))
        yield Row("lookup-p99", lookups.percentile(0.99), note)
        yield Row("beside-p99", events.percentile(0.99))

    def _growth(self) -> Iterator[Row]:
        sizes = self._sizes
        if self._small_rate is None:
            with self._base() as (home, world):
                bodies = self._sales_to_measure(home, world)
                rate = engine.saturate(home, bodies, warm=sizes.warm_sales)
                self._small_rate = rate.per_second
        with self._large() as (home, world):
            self._grow(home, world, sizes.grown_sales)
            large = engine.saturate(home, self._sales_to_measure(home, world), warm=sizes.warm_sales)
        events = sizes.base_people + sizes.base_sales, sizes.profiles + sizes.grown_sales
        note = (
            f"{self._small_rate:,.0f}/s at {events[0]:,} events, {large.per_second:,.0f}/s at {events[1]:,}"
        )
        yield Row("growth", self._small_rate / large.per_second, note)

    def _console(self) -> Iterator[Row]:
        sizes = self._sizes
        with self._large() as (home, world):
            self._grow(home, world, sizes.console_sales)
            self._said("  adding up the days for the reports")
            Rollup(home.store.database, home.workspace_id).settle()
            key = home.key
            cookie = asyncio.run(pages.sign_in(home))
            seconds = sizes.console_seconds + pages.WARM_SECONDS
            beside, watched = (
                list(sales(world, needed, first=self._next(home, needed)))
                for needed in (sizes.reading.events_needed(seconds), sizes.pace.events_needed(seconds))
            )
        with serving(home.path) as server:
            reader = pages.Reader(cookie, asyncio.run(pages.some_profiles(server, key, world, 200)))
            times = asyncio.run(
                pages.read_pages(server, key, reader, beside, world, sizes.console_seconds, sizes.reading)
            )
            yield Row("page-p95", times.slowest, f"p95 in ms (answers) by kind: {times.note()}")
            yield Row("store-p95", times.p95(pages.STORE))
            lines = asyncio.run(
                pages.watch(server, key, reader, watched, sizes.console_seconds, sizes.pace, sizes.viewers)
            )
            note = f"{lines.sent:,} sales on {sizes.viewers} screens, p50 {lines.percentile(0.5):.0f} ms"
            yield Row("live-p99", lines.percentile(0.99), note)
            yield from _in_a_browser(server, reader)

    def _import(self) -> Iterator[Row]:
        file = files.find_retail(self._options.retail)
        seconds, note = files.import_retail(file, self._new_home())
        yield Row("import", seconds, note)

    def _matching(self) -> Iterator[Row]:
        """Labelled sets, each beside Splink in batch where that is installed."""
        yield from self._shop()
        folder = matching.find_data(self._options.labelled)
        for name in matching.MEASURED:
            try:
                yield from self._matched(name, folder)
            except BenchFailed as error:
                yield from (
                    Row(figure.name, None, str(error))
                    for figure in _of("matching")
                    if figure.name.startswith(name)
                )

    def _matched(self, name: str, folder: Path) -> Iterator[Row]:
        found = matching.evaluate_set(name, folder)
        self._said(f"  {found.line()}")
        beside = splink_batch.beside(name, folder)
        shares = {
            "f1": found.quality.pairs.f1,
            "b-cubed": found.quality.b_cubed.f1,
            "precision": found.quality.pairs.precision,
        }
        for what, share in shares.items():
            if f"{name}-{what}" in BY_NAME:
                yield Row(f"{name}-{what}", 100 * share, beside if what == "f1" else "")
        if name == "historical":
            yield Row("matching-weight", found.weight_us)
            yield Row("matching-records", found.records_per_second, f"{found.quality.records:,} records")

    def _shop(self) -> Iterator[Row]:
        """What the shipped model makes of the demo's people, on seeds that nothing was set by."""
        scores = [people.score(seed, self._sizes.shop_people) for seed in people.UNSEEN]
        note = "; ".join(
            f"seed {seed}: {100 * one.precision:.2f} %, {100 * one.precision_knowable:.2f} % without records that mislead,"
            f" recall {100 * one.recall:.2f} %"
            for seed, one in zip(people.UNSEEN, scores, strict=True)
        )
        yield Row("shop-precision", 100 * min(one.precision for one in scores), note)
        yield Row("shop-recall", 100 * min(one.recall for one in scores))
        yield Row("shop-people", float(max(one.most_people for one in scores)))

    def _identity(self) -> Iterator[Row]:
        sizes = self._sizes
        place = self._place / f"records-{sizes.records}"
        with opened(place) as home:
            done = home.path / "loaded"
            if not done.exists():
                self._said(f"  loading {sizes.records:,} records through the engine")
                rate = identity.fill(home, sizes.records, self._meter("records"))
                done.write_text(f"{rate.per_second:.0f}/s\n", encoding="ascii")
            loaded = f"loaded at {done.read_text(encoding='ascii').strip()}"
            told = home.path / "told"
            first = int(told.read_text(encoding="ascii")) if told.exists() else sizes.records
            used = first + 2 * sizes.new_records + sizes.single_records
            told.write_text(str(used), encoding="ascii")
            fresh = identity.in_batches(home, sizes.new_records, first=first)
            yield Row("new-records", fresh.per_second, loaded)
            one = identity.one_by_one(home, sizes.single_records, first=first + sizes.new_records)
            yield Row("new-record-p50", one.percentile(0.5))
            yield Row("new-record-p99", one.percentile(0.99))
            size = identity.footprint(home)
            yield Row("identity-bytes", size.kilobytes, f"{size.records:,} records")
            batch = splink_shop.splink_seconds(identity.SEED, size.records)
            for name, otherwise in (("match-anew", False), ("match-otherwise", True)):
                took = identity.match_anew(home, self._meter("pages"), otherwise=otherwise).seconds
                yield Row(name, took / batch, f"{took:.0f} s, Splink {batch:.0f} s")
        with serving(place) as server:
            posted, memory = identity.over_http(
                server, home.key, sizes.new_records, first=used - sizes.new_records
            )
        yield Row("identity-memory", memory, f"`serve` after {posted.events:,} more by HTTP")

    def _promotions(self) -> Iterator[Row]:
        """Quotes of baskets that many promotions want, beside the quick ones."""
        shop = promotions.make_shop()
        for lines in (15, 40):
            found = promotions.time_quotes(shop, lines, self._sizes.quotes)
            note = (
                f"{len(found.exact_ms):,} baskets; the quick way {found.percentile(0.5, quick=True):.1f} and"
                f" {found.percentile(0.99, quick=True):.1f} ms, and saves less in {100 * found.worse:.0f} %"
            )
            yield Row(f"quote-{lines}-p50", found.percentile(0.5), note)
            yield Row(f"quote-{lines}-p99", found.percentile(0.99))
            gap = f"by {100 * found.gap:.1f} % of the sum on average" if found.bounded else ""
            yield Row(f"quote-{lines}-gap", 100 * found.bounded, gap)
        yield Row("promotions-compile", promotions.compile_ms(shop))
        exact, quick = promotions.share_optimal(self._sizes.laid_out)
        yield Row(
            "quote-optimum", 100 * exact, f"{self._sizes.laid_out} baskets; the quick way {100 * quick:.0f} %"
        )

    def _points(self) -> Iterator[Row]:
        """Members who earn and spend, beside lots that end; every customer is a member."""
        sizes = self._sizes
        with self._loaded("points", sizes.profiles, 0) as (home, world):
            assert home.store.embedded is not None, "homes of a run are embedded"
            transactions = pgbench(home.store.embedded, sizes.pgbench_seconds)
            points.publish(home)
            ids = points.members(home, sizes.point_members)
            ending = points.stock(home, ids, points.BURNED * 10)
            points.settle(home)
            found = points.mix(home, self._sales_to_measure(home, world), ids, warm=sizes.warm_sales)
            note = f"{found.rate.per_second:,.0f}/s beside pgbench's {transactions:,.0f}/s; {found.refused:,} refused"
            yield Row("points-mix", found.rate.per_second / transactions, note)
            swept = points.sweep(home, ending)
            yield Row("points-sweep", swept.per_second, f"{swept.events:,} members, in turns of 1,000")
            points.check_books(home)

    def _till(self) -> Iterator[Row]:
        """A shop's tills beside events from elsewhere, in the home of the points, while lots end; then quotes."""
        sizes, pace, seconds = self._sizes, self._sizes.till, self._sizes.open_seconds
        catalogue = till.shop()
        with self._loaded("points", sizes.profiles, 0) as (home, world):
            points.publish(home)
            till.furnish(home, catalogue)
            ids, key = points.members(home, sizes.point_members), home.key
            needed = [doors.enough(one, seconds) for one in (pace.confirms, pace.lookups, pace.events)]
            bought = sales(world, needed[0], first=self._next(home, needed[0]))
            events = list(sales(world, needed[2], first=self._next(home, needed[2])))
            points.stock(home, ids, points.BURNED * 10)
            held = points.reserve(home, till.spenders(ids, needed[0]))
            confirmed = till.confirms(list(bought), ids, held)
        paths = till.lookup_paths(world, ids, needed[1])
        with serving(home.path) as server:
            found = asyncio.run(till.serve_customers(server, key, events, confirmed, paths, seconds, pace))
        told = f"{len(found.confirms.milliseconds):,} sales, {found.confirms.per_second:.0f}/s; the events' p99 {found.events.percentile(0.99):.0f} ms"
        yield Row("till-confirm-p50", found.confirms.percentile(0.5))
        yield Row("till-confirm-p99", found.confirms.percentile(0.99), told)
        yield Row("till-balance-p50", found.lookups.percentile(0.5))
        yield Row("till-balance-p99", found.lookups.percentile(0.99), f"among {sizes.profiles:,} members")
        with serving(home.path) as server:
            for lines in (15, 40):
                asked = till.baskets(catalogue, ids, lines, doors.enough(pace.quotes, seconds))
                times = asyncio.run(till.ask_prices(server, key, asked, seconds, pace))
                yield Row(f"till-quote-{lines}-p50", times.percentile(0.5))
                yield Row(
                    f"till-quote-{lines}-p99", times.percentile(0.99), f"{len(times.milliseconds):,} quotes"
                )

    def _loyalty(self) -> Iterator[Row]:
        sizes = self._sizes
        with self._loaded("members", sizes.profiles, 0) as (home, world):
            self._grow(home, world, sizes.replayed_sales, days=loyalty.DAYS)
            found = loyalty.replay(home)
        yield Row("loyalty-replay", found.seconds, f"{found.sales:,} sales of {found.customers:,} customers")

    def _rest(self) -> Iterator[Row]:
        seconds = self._sizes.rest_seconds
        with self._base() as (home, _):
            path = home.path
        with serving(path) as server:
            found = rest.at_rest(server.process.pid, settle_seconds=2 * seconds, seconds=seconds)
        yield Row("rest-memory", found.memory_mb, f"{found.processes} processes")
        yield Row("rest-cpu", found.cpu_percent, f"over {seconds:.0f} s")

    def _make_run(self) -> Iterator[Row]:
        repository = newcomer.find_repository(Path.cwd())
        if repository is None:
            raise BenchFailed("It is measured from a clone of the repository only; run it there.")
        place = self._new_home()
        place.mkdir(mode=0o755)
        yield Row("make-run", newcomer.make_run(repository, place))

    # -- homes ------------------------------------------------------------------------------------

    @contextmanager
    def _base(self) -> Iterator[tuple[Home, World]]:
        """The small home: customers and their first sales, about a tenth of a million events."""
        sizes = self._sizes
        with self._loaded("base", sizes.base_people, sizes.base_sales) as found:
            yield found

    @contextmanager
    def _large(self) -> Iterator[tuple[Home, World]]:
        """The large home: a profile for each of a million customers."""
        with self._loaded("large", self._sizes.profiles, 0) as found:
            yield found

    def _grow(self, home: Home, world: World, wanted: int, *, days: int = HISTORY_DAYS) -> None:
        """Add sales of the last days until the home was loaded with so many."""
        mark = home.path / "grown"
        held = int(mark.read_text(encoding="ascii")) if mark.exists() else 0
        if held >= wanted:
            return
        more = wanted - held
        self._said(f"  adding {more:,} sales")
        bodies = sales(world, more, first=self._next(home, more), days=days)
        engine.load(home, bodies, self._meter("sales"))
        mark.write_text(str(wanted), encoding="ascii")

    @contextmanager
    def _loaded(self, name: str, people: int, first_sales: int) -> Iterator[tuple[Home, World]]:
        path = self._place / f"{name}-{people}-{first_sales}"
        if people not in self._worlds:
            self._said(f"  making {people:,} people")
            self._worlds[people] = world_of(people)
        world = self._worlds[people]
        with opened(path) as home:
            done = path / "loaded"
            if not done.exists():
                self._said(f"  loading {people:,} customers and {first_sales:,} sales through the engine")
                rate = engine.load(home, customers(world.people, world.ids), self._meter("customers"))
                if first_sales:
                    engine.load(home, sales(world, first_sales, first=self._next(home, first_sales)))
                done.write_text(f"{rate.per_second:.0f}/s\n", encoding="ascii")
            yield home, world

    def _sales_to_measure(self, home: Home, world: World) -> list[bytes]:
        """Sales for a run of the engine, those that warm it up in front."""
        count = self._sizes.warm_sales + self._sizes.measured_sales
        return list(sales(world, count, first=self._next(home, count)))

    def _next(self, home: Home, needed: int) -> int:
        """The number of the first sale nobody has made in a home yet; kept there for the next run."""
        file = home.path / "sold"
        first = int(file.read_text(encoding="ascii")) if file.exists() else 0
        file.write_text(str(first + needed), encoding="ascii")
        return first

    def _new_home(self) -> Path:
        return self._place / f"{NEW}{time.time_ns()}-{next(self._numbers)}"

    def _meter(self, noun: str) -> Callable[[int], None]:
        said, last = self._said, [0]

        def report(done: int) -> None:
            if done // 100_000 > last[0]:
                last[0] = done // 100_000
                said(f"    {done:,} {noun}")

        return report


def _of(stage: str) -> list[Figure]:
    return [figure for figure in FIGURES if figure.stage == stage]


def _in_a_browser(server: Server, reader: pages.Reader) -> Iterator[Row]:
    paths = [
        "/",
        "/customers",
        f"/customers/{reader.profiles[0]}",
        "/events",
        "/reports/sales",
        "/requests",
        "/store",
    ]
    seen = browser.look(server, reader.cookie, paths)
    slowest = max(seen, key=lambda one: one.paint_ms)
    largest = max(seen, key=lambda one: one.html_bytes)
    heaviest = max(seen, key=lambda one: one.file_bytes)
    busiest = max(seen, key=lambda one: one.files)
    yield Row("first-paint", slowest.paint_ms, f"{slowest.path}; median of three")
    yield Row("page-html", largest.html_bytes / 1024, largest.path)
    yield Row("page-assets", heaviest.file_bytes / 1024, heaviest.path)
    yield Row("page-requests", busiest.files, busiest.path)


def _why(error: BaseException) -> str:
    """The first reason inside, in words."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.message if isinstance(error, RegularsError) else f"{type(error).__name__}: {error}"
