"""An audit as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from regulars.capabilities.identity.audit.columns import Column
from regulars.capabilities.identity.audit.findings import some
from regulars.capabilities.identity.audit.report import Fix, Report, Shared, TableReport

_COLUMN_HEAD: Final = ("column", "holds", "filled", "usable", "looks like", "faults")
_KEY_HEAD: Final = ("key", "rows", "values", "rows beyond one per value", "also elsewhere")
_SHARED_HEAD: Final = ("field", "value or shape", "people", "rows", "joins them")
_FIX_HEAD: Final = ("", "where", "rows", "what, and what mending it brings")
_FIGURES: Final = frozenset(
    {"filled", "usable", "rows", "values", "rows beyond one per value", "also elsewhere", "people"}
)
_CELL_CHARACTERS_MAX: Final = 44


def text(report: Report) -> str:
    """The whole audit: the sum of it, each file and its columns, and at the end what to mend first."""
    lines = [*summary(report), ""]
    for table in report.tables:
        lines += [*_table(table, several=len(report.tables) > 1), ""]
    if report.shared:
        lines += ["Values on many people", *_grid(_SHARED_HEAD, map(_shared_cells, report.shared)), ""]
    if report.fixes:
        lines += ["What to fix first", *_fixes(report.fixes), ""]
    lines.append(f"Phones without a prefix were read in {report.region}. {report.seconds:.1f} s in all.")
    return "\n".join(lines)


def summary(report: Report) -> list[str]:
    """What matters of all tables together, in sentences."""
    rows = sum(table.rows for table in report.tables)
    usable = sum(table.usable for table in report.tables)
    left_out = rows - usable
    lines = [f"{some(rows, 'row')}: {some(report.people, 'customer')} by exact keys."]
    if usable > report.people:
        lines.append(f"{some(usable - report.people, 'row')} more than customers: they repeat somebody.")
    if left_out:
        lines.append(
            f"{some(left_out, 'row')} cannot be imported: they cannot be read, or nothing tells who it is."
        )
    if report.unresolved:
        lines.append(
            f"{some(report.unresolved, 'row')} hang together by shared keys and were counted as one customer."
        )
    return lines


def _table(table: TableReport, *, several: bool) -> Iterator[str]:
    yield f"{table.name}: {table.writing}, {some(table.rows, 'row')}, {some(table.people, 'customer')}"
    joins = f"  {share(table.joining_share)} of its rows will join another row"
    yield joins + (f", {share(table.joining_other_share)} a row of another file or source" if several else "")
    if table.unreadable:
        reasons = ", ".join(
            f"{reason} ({count:,})" for reason, count in list(table.unreadable_reasons.items())[:5]
        )
        yield f"  {some(table.unreadable, 'row')} cannot be read: {reasons}"
    if table.keyless:
        yield f"  {some(table.keyless, 'row')} without a key that can be used"
    yield ""
    yield from _grid(_COLUMN_HEAD, map(_column_cells, table.columns))
    if table.keys:
        yield ""
        keys = (
            (key.name, f"{key.rows:,}", f"{key.values:,}", f"{key.extra_rows:,}", f"{key.common:,}")
            for key in table.keys
        )
        yield from _grid(_KEY_HEAD, keys)


def _column_cells(column: Column) -> tuple[str, ...]:
    faults = [
        f"{what} ({count:,})"
        for what, count in [*column.reasons.items(), *column.doubts.items(), *column.troubles.items()]
    ]
    return (
        column.name,
        column.label
        + ("" if column.used or column.meaning == "empty" else " (not joined by)" if _is_key(column) else ""),
        percent(column.filled, column.rows),
        percent(column.usable, column.filled),
        "  ".join(one.shape for one in column.shapes[:2]),
        ", ".join(faults[:3]) + (", …" if len(faults) > 3 else ""),
    )


def _is_key(column: Column) -> bool:
    return column.meaning in ("external_id", "loyalty_card", "email", "phone")


def _shared_cells(one: Shared) -> tuple[str, ...]:
    return one.field, one.value or one.shape, f"{one.people:,}", f"{one.rows:,}", "yes" if one.joins else "no"


def _fixes(fixes: Sequence[Fix]) -> Iterator[str]:
    rows = [(fix.weight, fix.table, f"{fix.rows:,}", fix.title) for fix in fixes]
    grid = list(_grid(_FIX_HEAD, rows, last_free=True))
    yield from grid[:2]
    indent = grid[0].index(_FIX_HEAD[-1])
    for line, fix in zip(grid[2:], fixes, strict=True):
        yield line
        yield " " * indent + fix.gain


def _grid(
    head: tuple[str, ...],
    rows: Iterator[tuple[str, ...]] | Sequence[tuple[str, ...]],
    *,
    last_free: bool = False,
) -> Iterator[str]:
    """A table whose figures stand at the right; cells are cut, but for those of the last column when it is free."""
    cells = [
        head,
        *(
            tuple(_cut(cell, free=last_free and place == len(row) - 1) for place, cell in enumerate(row))
            for row in rows
        ),
    ]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    for number, row in enumerate(cells):
        yield "  " + "  ".join(_placed(*one) for one in zip(row, widths, head, strict=True)).rstrip()
        if number == 0:
            yield "  " + "-" * min(118, sum(widths) + 2 * len(widths) - 2)


def _placed(text: str, width: int, head: str) -> str:
    return text.rjust(width) if head in _FIGURES else text.ljust(width)


def _cut(text: str, *, free: bool) -> str:
    return text if free or len(text) <= _CELL_CHARACTERS_MAX else text[: _CELL_CHARACTERS_MAX - 1] + "…"


def percent(part: int, whole: int) -> str:
    """A part as a share; nothing of nothing has none."""
    return share(part / whole) if whole else "-"


def share(part: float) -> str:
    """A share from 0 to 1 in percent; it says 0 or 100 only when it is exactly that."""
    told = min(99.9, max(0.1, part * 100)) if 0 < part < 1 else part * 100
    return f"{told:.1f}\u00a0%"
