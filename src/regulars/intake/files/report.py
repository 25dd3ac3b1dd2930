"""What an import tells at its end."""

from __future__ import annotations

from msgspec import Struct

from .fields import Kind


class Report(Struct, frozen=True):
    """Counts of one import; `regulars import --json` prints it as it is.

    `rows` were read; of those `rows_skipped` were left out by the mapping and `rows_rejected` could not be
    used. `events` were made of the others, counting those that an earlier, stopped run had delivered
    (`resumed_after` of them). `applied`, `duplicate` and `rejected` say what the engine made of the events.
    """

    file: str
    kind: Kind
    source: str
    rows: int
    rows_skipped: int
    rows_rejected: int
    events: int
    applied: int
    duplicate: int
    rejected: int
    resumed_after: int
    seconds: float
    rejects_file: str | None
    unused_columns: list[str]

    def text(self) -> str:
        """The same for a reader."""
        counts = (
            f"{self.rows:,} rows, {self.events:,} {_things(self.kind)}, {self.applied:,} new, "
            f"{self.duplicate:,} known before, {self.rejected:,} refused, in {self.seconds:.1f} s."
        )
        out = [f"{self.file}: {counts}"]
        if self.resumed_after:
            out.append(f"Went on after {self.resumed_after:,} that an earlier run had delivered.")
        if self.rows_skipped:
            out.append(f"{self.rows_skipped:,} rows were left out by the mapping.")
        if self.rows_rejected:
            out.append(f"{self.rows_rejected:,} rows could not be used.")
        if self.rejects_file:
            out.append(f"Lines and reasons: {self.rejects_file}")
        if self.unused_columns:
            out.append(f"Columns not used: {', '.join(self.unused_columns)}.")
        return "\n".join(out)


def _things(kind: Kind) -> str:
    return "receipts" if kind == "sales" else kind
