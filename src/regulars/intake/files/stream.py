"""A file as a stream of event batches, with the rows counted that do not get that far."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any, Final

from regulars.vocabulary.events import EVENTS_PER_REQUEST_MAX

from .balances import BalanceRows
from .batches import Batch, Fault
from .encoding import Prepared
from .errors import TooManyRejects
from .mapping import Skip
from .meter import Meter
from .receipts import Receipts, RejectedReceipt
from .registers import RegisterRows
from .rejects import Rejects
from .sales import SalesCutter
from .source_rows import Opened
from .transforms import condition
from .vouchers import VoucherRows

BATCH_BYTES_MAX: Final = 4_000_000
JUDGED_MIN: Final = 1_000
"""So many first rows (and first events) are judged: when over half of them are rejected, the import stops."""

_ROWS: Final[dict[str, Callable[..., BalanceRows | VoucherRows | RegisterRows]]] = {
    "balances": BalanceRows,
    "vouchers": VoucherRows,
}


class EventStream:
    """Reads one file once. For one thread at a time; `stop` ends it at the next block of rows."""

    def __init__(self, opened: Opened, rejects: Rejects, meter: Meter, stop: threading.Event) -> None:
        """Raises MappingError when a constant of the mapping does not fit its field."""
        self.rows = 0
        self.rows_skipped = 0
        self.rows_rejected = 0
        self.events = 0
        self._opened = opened
        self._rejects = rejects
        self._meter = meter
        self._stop = stop
        self._wanted = wanted_rows(opened.mapping.skip)
        self._judged = False
        self._first_fault = ""
        if opened.mapping.kind == "sales":
            self._cutter = SalesCutter(opened.mapping)
            self._prepared = self._sales
        else:
            self._registers = _ROWS.get(opened.mapping.kind, RegisterRows)(
                opened.mapping, opened.facts.written_at
            )
            self._prepared = self._register

    def batches(self, *, after: int) -> Generator[list[Prepared]]:
        """Batches as the gate takes them, from the event numbered `after` (0 is the first)."""
        batch: list[Prepared] = []
        size = 0
        for prepared in self._prepared():
            self.events += 1
            if self.events <= after:
                continue
            if batch and (
                len(batch) >= EVENTS_PER_REQUEST_MAX or size + len(prepared.body) > BATCH_BYTES_MAX
            ):
                yield batch
                batch, size = [], 0
            batch.append(prepared)
            size += len(prepared.body)
        if batch and not self._stop.is_set():
            yield batch

    def _sales(self) -> Iterator[Prepared]:
        receipts = Receipts()
        try:
            for batch in self._blocks("Reading"):
                for piece in self._cutter.cut(batch, self._reject):
                    receipts.add(piece)
                self._judge()
            for found in receipts.finished(self._opened.mapping):
                if self._stop.is_set():
                    return
                if isinstance(found, RejectedReceipt):
                    self.rows_rejected += found.rows
                    self._rejects.add(found.line, found.fault.field, found.fault.reason)
                else:
                    self._meter.show("Importing", receipts.share_read())
                    yield found
        finally:
            receipts.close()

    def _register(self) -> Iterator[Prepared]:
        for batch in self._blocks("Importing"):
            yield from self._registers.events(batch, self._reject)
            self._judge()

    def _blocks(self, stage: str) -> Iterator[Batch]:
        """The rows that the mapping wants."""
        for batch in self._opened.reader.batches():
            if self._stop.is_set():
                return
            self.rows += len(batch)
            kept = batch if self._wanted is None else batch.only(self._wanted(batch))
            self.rows_skipped += len(batch) - len(kept)
            if len(kept):
                yield kept
            self._meter.show(stage, self._opened.reader.share_read())

    def _reject(self, line: int, fault: Fault) -> None:
        self.rows_rejected += 1
        self._first_fault = self._first_fault or f"line {line}: {fault.field} {fault.reason}"
        self._rejects.add(line, fault.field, fault.reason)

    def _judge(self) -> None:
        """Stop when the mapping plainly does not fit the file."""
        read = self.rows - self.rows_skipped
        if self._judged or read < JUDGED_MIN:
            return
        self._judged = True
        if self.rows_rejected * 2 > read:
            raise TooManyRejects(
                f"Stopped: {self.rows_rejected:,} of the first {read:,} rows cannot be used "
                f"({self._first_fault}). Check the mapping; {self._rejects.path} lists them."
            )


def wanted_rows(skips: list[Skip]) -> Callable[[Batch], list[bool]] | None:
    """Tells which rows of a batch meet no condition for being left out; None when there is no condition."""
    if not skips:
        return None
    tests = [(skip.column, condition(skip)) for skip in skips]

    def wanted(batch: Batch) -> list[bool]:
        keep = [True] * len(batch)
        for column, test in tests:
            known: dict[Any, bool] = {}
            for place, value in enumerate(batch.column(column)):
                if value not in known:
                    known[value] = test(value)
                # A row that cannot be read is reported, not left out.
                if known[value] and place not in batch.faults:
                    keep[place] = False
        return keep

    return wanted
