"""An import can be stopped anywhere and repeated at will: the outcome is that of one undisturbed run."""

from __future__ import annotations

import asyncio
import io
import stat
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from regulars.intake.files import Options, Report, meter, run_import, stream
from regulars.intake.files.errors import FileUnreadable, TooManyRejects
from regulars.intake.files.meter import Meter
from regulars.intake.files.run import IN_FLIGHT_MAX
from regulars.vocabulary.errors import TryLater
from tests.intake.files.support import SHOP, Desk, Positions, csv_text

HEADER = ("receipt", "occurred_at", "currency", "sku", "unit_price")
AT = "2026-03-01T12:00:00Z"


class Killed(BaseException):
    """Stands for the end of the process."""


def receipts(count: int, *, bad: int = 0) -> str:
    """Receipts of two lines each, every one of the first `bad` with an unreadable price."""
    rows = [
        (f"R{n}", AT, "GBP", f"P{line}", "x" if n < bad else "1.00")
        for n in range(count)
        for line in range(2)
    ]
    return csv_text(HEADER, *rows)


def test_a_second_run_of_a_file_changes_nothing(desk: Desk) -> None:
    first = desk.run("sales", receipts(2_500))
    second = desk.run("sales", receipts(2_500))
    assert (first.applied, first.duplicate, first.resumed_after) == (2_500, 0, 0)
    assert (second.applied, second.duplicate, second.resumed_after) == (0, 2_500, 0)
    assert desk.gate.batches == [1_000, 1_000, 500] * 2


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 7])
def test_a_killed_run_goes_on_where_it_was(
    desk: Desk, batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "EVENTS_PER_REQUEST_MAX", 100)
    text = receipts(700, bad=3)
    desk.gate.fail_in_batch[batch] = Killed()
    with pytest.raises(Killed):
        desk.run("sales", text)
    saved = desk.positions.saved[-1].events if desk.positions.saved else 0
    resumed = desk.run("sales", text)
    assert resumed.resumed_after == saved
    assert resumed.applied + resumed.duplicate == 697
    tidy = Desk(tmp_path)
    undisturbed = tidy.run("sales", text)
    assert desk.gate.events == tidy.gate.events
    assert desk.rejects() == tidy.rejects()
    same = {"resumed_after": 0, "seconds": 0, "applied": 0, "duplicate": 0}
    assert replace(resumed, **same) == replace(undisturbed, **same)
    # What was delivered before the position is not sent again.
    assert sum(desk.gate.batches) <= 697 + 100 * (IN_FLIGHT_MAX + 1)


def test_what_the_engine_refused_before_a_stop_stays_in_the_reject_file(desk: Desk) -> None:
    text = csv_text(
        (*HEADER, "kind"),
        *(
            (f"R{n}", AT, "GBP", "P", "x" if n == 7 else "1", "void" if n % 10 == 0 else "sale")
            for n in range(5_000)
        ),
    )
    desk.gate.refused_types = {"sale.voided"}
    desk.gate.fail_in_batch[5] = Killed()
    with pytest.raises(Killed):
        desk.run("sales", text)
    report = desk.run("sales", text)
    assert report.resumed_after > 0
    assert (report.rejected, report.rows_rejected) == (500, 1)
    refused = [row for row in desk.reject_rows() if row["quarantine_id"]]
    assert sorted(int(row["line"]) for row in refused) == [n * 10 + 2 for n in range(500)]
    assert {(row["field"], row["reason"]) for row in refused} == {("type", "is not wanted here")}
    assert [row["line"] for row in desk.reject_rows() if not row["quarantine_id"]] == ["9"]


def test_another_content_mapping_or_source_is_another_run(desk: Desk) -> None:
    mapping = '[fields]\nexternal_id = "id"\n'
    desk.positions.finish = _forget  # type: ignore[method-assign]
    desk.run("customers", "id\nc-1\n", mapping)
    desk.run("customers", "id\nc-1\n", "# a remark\n" + mapping)
    assert len(desk.positions.open) == 1
    desk.run("customers", "id\nc-2\n", mapping)
    desk.run("customers", "id\nc-1\n", '[fields]\nexternal_id = { column = "id", case = "lower" }\n')
    desk.run("customers", "id\nc-1\n", mapping, source=replace(SHOP, name="other"))
    assert len(desk.positions.open) == 4


async def _forget(run: object, position: object) -> None:
    """A run that is never noted as finished."""


def test_no_more_than_a_few_batches_are_under_way(desk: Desk) -> None:
    desk.run("sales", receipts(12_000))
    assert desk.gate.at_once_max <= IN_FLIGHT_MAX


def test_a_short_outage_is_waited_out(desk: Desk, no_pauses: object) -> None:
    desk.gate.fail_in_batch = {2: TryLater("the store is away"), 3: TryLater("the store is away")}
    report = desk.run("sales", receipts(3_000))
    assert (report.applied, report.duplicate) == (3_000, 0)


def test_a_long_outage_ends_the_import_and_a_later_run_goes_on(desk: Desk, no_pauses: object) -> None:
    desk.gate.fail_in_batch = {batch: TryLater("the store is away") for batch in range(3, 30)}
    with pytest.raises(TryLater):
        desk.run("sales", receipts(6_000))
    desk.gate.fail_in_batch = {}
    report = desk.run("sales", receipts(6_000))
    assert len(desk.gate.events) == 6_000
    assert report.events == 6_000


def test_a_cancelled_import_leaves_no_thread_and_can_go_on(desk: Desk) -> None:
    path = desk.write(receipts(4_000))
    options = Options(file=path, kind="sales", rejects=desk.folder / "rejects.csv")

    async def cancelled() -> None:
        began = asyncio.Event()
        desk.gate.began = began.set
        task = asyncio.create_task(run_import(options, desk.gate, SHOP, desk.positions))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(asyncio.wait_for(cancelled(), 30))
    desk.run("sales", path)
    assert len(desk.gate.events) == 4_000


def test_a_mapping_that_does_not_fit_stops_early_with_one_example(desk: Desk) -> None:
    with pytest.raises(TooManyRejects) as caught:
        desk.run("sales", receipts(50_000, bad=50_000))
    assert "line 2: unit_price is not a number" in caught.value.message
    assert desk.gate.batches == []
    assert len(desk.rejects()) < 50_000


def test_half_of_a_small_file_may_be_bad(desk: Desk) -> None:
    report = desk.run("sales", receipts(100, bad=90))
    assert (report.applied, report.rows_rejected) == (10, 180)


def test_an_engine_that_refuses_most_events_stops_the_import(desk: Desk) -> None:
    desk.gate.refused_types = {"sale.completed"}
    with pytest.raises(TooManyRejects, match="1,000 of the first 1,000 events were refused"):
        desk.run("sales", receipts(20_000))
    assert len(desk.gate.batches) <= IN_FLIGHT_MAX + 1


def test_the_reject_file_is_private_and_holds_no_values(desk: Desk) -> None:
    secret = "jane.doe@shop.test"
    text = f"external_id,birth_date,email\nc-1,{secret},{secret}\n,1990-01-01,\nc-3,1990-01-01,{secret},{secret}\n"
    desk.run("customers", text)
    path = desk.folder / "rejects.csv"
    assert len(desk.rejects()) == 3
    assert secret not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_old_reject_file_does_not_outlive_a_clean_run(desk: Desk) -> None:
    (desk.folder / "rejects.csv").write_text("line,field,reason,quarantine_id\n9,x,y,\n")
    report = desk.run("sales", receipts(1))
    assert not (desk.folder / "rejects.csv").exists()
    assert report.rejects_file is None


def test_a_reject_file_that_cannot_be_written_says_so(desk: Desk) -> None:
    path = desk.write(receipts(3, bad=1))
    options = Options(file=path, kind="sales", rejects=desk.folder / "nowhere" / "rejects.csv")
    with pytest.raises(FileUnreadable, match="--rejects"):
        asyncio.run(run_import(options, desk.gate, SHOP, Positions()))


def test_rejects_lie_next_to_the_file(desk: Desk) -> None:
    path = desk.write(receipts(3, bad=1))
    report = asyncio.run(run_import(Options(file=path, kind="sales"), desk.gate, SHOP, desk.positions))
    assert report.rejects_file == str(path) + ".rejects.csv"
    assert Path(report.rejects_file).is_file()


def test_large_sales_travel_in_smaller_batches(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BATCH_BYTES_MAX", 10_000)
    desk.run("sales", receipts(500))
    sizes = [len(body) for body in desk.gate.bodies.values()]
    assert len(desk.gate.batches) >= sum(sizes) / 10_000
    assert sum(desk.gate.batches) == 500


def test_the_report_speaks_to_people_and_to_programs(desk: Desk) -> None:
    report = desk.run("sales", receipts(3, bad=1))
    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report
    assert "data.csv: 6 rows, 2 receipts, 2 new, 0 known before, 0 refused" in report.text()
    assert "2 rows could not be used." in report.text()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_shows_on_a_terminal_after_two_seconds_only() -> None:
    now = [100.0]
    terminal = Terminal()
    bar = Meter(terminal, clock=lambda: now[0])
    bar.show("Reading", 0.1)
    assert terminal.getvalue() == ""
    now[0] += meter.SHOWN_AFTER_SECONDS
    bar.show("Reading", 0.25)
    bar.show("Reading", 0.26)
    now[0] += 1
    bar.show("Importing", 0.5)
    bar.close()
    drawn = terminal.getvalue()
    assert drawn.count("Reading") == 1
    assert " 25 %" in drawn
    assert "6 s left" in drawn
    assert drawn.endswith("\r\x1b[K")


def test_nothing_is_drawn_where_no_terminal_listens(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "SHOWN_AFTER_SECONDS", 0.0)
    quiet = io.StringIO()
    desk.run("sales", receipts(10), stderr=quiet)
    assert quiet.getvalue() == ""


def test_the_temporary_file_has_no_name(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    monkeypatch.setenv("TMPDIR", str(room))
    monkeypatch.setattr("tempfile.tempdir", None)
    seen: list[list[Path]] = []
    submit = desk.gate.submit

    async def look(*args: object, **options: object) -> object:
        seen.append(list(room.iterdir()))
        return await submit(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.gate, "submit", look)
    desk.run("sales", receipts(10))
    assert seen == [[]]
