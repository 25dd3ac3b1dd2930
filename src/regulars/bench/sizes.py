"""How much each stage of a run does."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from . import doors, till


class Sizes(Struct, frozen=True):
    """How much each stage does."""

    base_people: int = 50_000
    base_sales: int = 50_000
    warm_sales: int = 6_000
    measured_sales: int = 60_000
    pgbench_seconds: float = 20.0
    batch_events: int = 40_000
    open_seconds: float = 30.0
    profiles: int = 1_000_000
    grown_sales: int = 1_000_000
    console_sales: int = 5_000_000
    console_seconds: float = 90.0
    viewers: int = 100
    rest_seconds: float = 60.0
    records: int = 1_000_000
    new_records: int = 20_000
    single_records: int = 2_000
    shop_people: int = 20_000
    quotes: int = 1_000
    point_members: int = 1_000_000
    laid_out: int = 300
    replayed_sales: int = 1_000_000
    reading: doors.Pace = doors.Pace(events_per_second=100.0, lookups_per_second=10.0)
    pace: doors.Pace = doors.FIGURES_PACE
    till: till.Pace = till.Pace()


QUICK: Final = Sizes(
    base_people=5_000, base_sales=5_000, warm_sales=2_000, measured_sales=8_000, pgbench_seconds=5.0, batch_events=6_000,
    open_seconds=6.0, profiles=100_000, grown_sales=100_000, console_sales=200_000, console_seconds=15.0,
    rest_seconds=10.0, records=50_000, new_records=5_000, single_records=500, shop_people=5_000, point_members=50_000, quotes=500, replayed_sales=100_000, laid_out=100,
)  # fmt: skip
TINY: Final = Sizes(
    base_people=300, base_sales=300, warm_sales=500, measured_sales=2_000, pgbench_seconds=1.0, batch_events=2_000,
    open_seconds=1.0, profiles=500, grown_sales=500, console_sales=1_000, console_seconds=2.0, viewers=5,
    rest_seconds=1.0, records=500, new_records=300, single_records=20, shop_people=200, point_members=200, quotes=20, replayed_sales=1_000, laid_out=5, pace=doors.Pace(60.0, 20.0), reading=doors.Pace(20.0, 20.0),
    till=till.Pace(60.0, 20.0, 20.0, 20.0),
)  # fmt: skip
"""For tests of the benchmarks themselves."""
