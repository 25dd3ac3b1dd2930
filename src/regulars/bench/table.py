"""The benchmark table, for people and for programs."""

from __future__ import annotations

from msgspec import Struct, field

from .figures import BY_NAME, Figure
from .machine import Machine

_HEAD = ("what", "load", "must", "aim", "measured", "")


class Row(Struct, frozen=True):
    """What was measured of a figure; without a value the note says why."""

    name: str
    value: float | None
    note: str = ""

    @property
    def verdict(self) -> str:
        """`aim`, `must`, `missed`, `not measured`, or empty for information."""
        return "not measured" if self.value is None else BY_NAME[self.name].verdict(self.value)


class Report(Struct):
    """A whole run. `quick` runs are smaller than what the figures ask for."""

    machine: Machine
    quick: bool
    seconds: float = 0.0
    rows: list[Row] = field(default_factory=list)

    @property
    def missed(self) -> list[str]:
        """Names of figures below their `must`, or not measured."""
        return [row.name for row in self.rows if row.verdict in ("missed", "not measured")]

    def text(self) -> str:
        """The table with the machine above it."""
        lines = [*self.machine.lines()]
        if self.quick:
            lines.append("quick run: shorter and smaller than the figures ask for, as the notes say")
        cells = [_HEAD, *map(_cells, self.rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
        rows = [
            "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in cells
        ]
        notes = [f"  {BY_NAME[row.name].what}: {row.note}" for row in self.rows if row.note]
        body = [
            rows[0].rstrip(),
            "-" * (sum(widths) + 2 * len(widths) - 2),
            *(row.rstrip() for row in rows[1:]),
        ]
        return "\n".join(
            [*lines, "", *body, *(["", "notes", *notes] if notes else []), f"\n{self.seconds:.0f} s in all"]
        )


def shown(value: float | None, figure: Figure) -> str:
    """A value with its unit, with as many digits as mean something."""
    if value is None:
        return "–"
    if figure.unit == "times":
        fraction = figure.must is not None and figure.must < 1 and value > 0
        return f"1/{1 / value:.1f}" if fraction else f"{value:.2f}×"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {figure.unit}".replace(" /s", "/s")


def asked(value: float | None, figure: Figure) -> str:
    """A figure that is asked for."""
    if value is None:
        return ""
    text = f"{value:g}"
    if figure.unit == "times":
        return f"1/{1 / value:g}" if value < 1 else f"{text}×"
    return f"{text} {figure.unit}"


def _cells(row: Row) -> tuple[str, ...]:
    figure = BY_NAME[row.name]
    verdict = row.verdict
    wanted = (asked(figure.must, figure), asked(figure.aim, figure))
    return (figure.what, figure.load, *wanted, shown(row.value, figure), verdict)
