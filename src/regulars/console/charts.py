"""Shapes of the small charts that templates draw as inline SVG: no script, no inline style.

Columns are placed in percent of the width and in pixels of the height, so they stretch without distortion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_TOP = 100.0, 34.0, 8.0
_TOP, _FOOT = 14.0, 22.0
_LABELS_MAX = 12
_CHARACTER_PX, _AXIS_GAP_PX = 7, 8


class Spark(Struct, frozen=True):
    """Paths of a sparkline in a box of 100 × 34."""

    line: str
    area: str


def spark(values: Sequence[float]) -> Spark | None:
    """The line through the values, oldest first; nothing below two values or when all are zero."""
    if len(values) < 2 or not any(values):
        return None
    top, low = max(values), min(0.0, *values)
    span = (top - low) or 1.0
    step = _SPARK_WIDTH / (len(values) - 1)
    depth = _SPARK_HEIGHT - _SPARK_TOP - 2
    points = [(i * step, _SPARK_TOP + depth * (1 - (value - low) / span)) for i, value in enumerate(values)]
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return Spark(line, f"{line}L{_SPARK_WIDTH:.0f} {_SPARK_HEIGHT:.0f}L0 {_SPARK_HEIGHT:.0f}Z")


class Point(Struct, frozen=True):
    """One column: its value and the one it is compared with, how it is named below and in full."""

    label: str
    title: str
    value: int
    was: int | None = None


class Bar(Struct, frozen=True):
    """A drawn column; `was` is the height of the mark of the compared value. `x`, `x_end`, `middle` in percent."""

    x: float
    x_end: float
    middle: float
    y: float
    height: float
    title: str
    label: str
    was: float | None


class Line(Struct, frozen=True):
    """A line of the grid with its value."""

    y: float
    label: str


class Columns(Struct, frozen=True):
    """A column chart; `width` of a column in percent, `height` of the whole and `axis`, its scale beside it, in pixels."""

    height: int
    axis: int
    width: float
    bars: list[Bar]
    lines: list[Line]


def columns(points: Sequence[Point], name: Callable[[int], str], *, height: int = 200) -> Columns:
    """Lay out columns over a grid of round values; `name` writes a value of the grid."""
    most = max((max(p.value, p.was or 0) for p in points), default=0)
    step = _round_step(most)
    top = max(step, -(-most // step) * step)
    depth = height - _TOP - _FOOT
    slot = 100.0 / max(1, len(points))
    width = min(slot * 0.68, 6.0)
    every = -(-len(points) // _LABELS_MAX) if points else 1

    def y(value: int) -> float:
        return round(_TOP + depth * (1 - value / top), 1)

    bars = []
    for i, point in enumerate(points):
        middle = slot * (i + 0.5)
        value = max(0, point.value)
        bars.append(
            Bar(
                x=round(middle - width / 2, 2),
                x_end=round(middle + width / 2, 2),
                middle=round(middle, 2),
                y=y(value),
                height=round(_TOP + depth - y(value), 1),
                title=point.title,
                label=point.label if i % every == 0 else "",
                was=y(point.was) if point.was and point.was > 0 else None,
            )
        )
    lines = [Line(y(value), name(value)) for value in range(0, top + 1, step)]
    axis = _AXIS_GAP_PX + _CHARACTER_PX * max(len(line.label) for line in lines)
    return Columns(height, axis, round(width, 2), bars, lines)


def _round_step(most: int) -> int:
    """A step of 1, 2 or 5 times a power of ten that gives at most four lines."""
    step = 1
    for factor in (2, 5, 10) * 16:
        if most <= step * 4:
            return step
        step = factor * 10 ** (len(str(step)) - 1) if factor != 10 else 10 ** len(str(step))
    return step
