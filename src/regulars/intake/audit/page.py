"""An audit as one HTML page: it loads nothing, runs nothing, prints on A4 and has a light and a dark look."""

from __future__ import annotations

import base64
import hashlib
import os
from importlib import resources
from pathlib import Path

import jinja2
from msgspec import Struct

from regulars.capabilities.identity.audit.columns import Column
from regulars.capabilities.identity.audit.findings import some
from regulars.capabilities.identity.audit.report import VALUE_SHOWN_PEOPLE_MIN, Report
from regulars.intake.files.errors import FileUnreadable

from .text import percent, share


class Tile(Struct, frozen=True):
    """One figure at the top of the page."""

    figure: str
    about: str


def page(report: Report) -> str:
    """The page. Everything that comes from the data is escaped."""
    files = resources.files(__package__)
    style = files.joinpath("page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    environment.filters |= {"count": lambda number: f"{number:,}", "some": some, "share": share}
    template = environment.from_string(files.joinpath("page.html").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        tiles=_tiles(report),
        style=style,
        style_hash=f"sha256-{digest}",
        percent=percent,
        faults=_faults,
        shown_from=VALUE_SHOWN_PEOPLE_MIN,
    )


def write_page(report: Report, path: Path) -> None:
    """Write the page to a file that its owner alone can read. Raises FileUnreadable when it cannot be written."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace") as file:
            file.write(page(report))
    except OSError as error:
        raise FileUnreadable(
            f"The page {path} cannot be written ({error.strerror}).", field="html"
        ) from error


def _tiles(report: Report) -> list[Tile]:
    rows = sum(table.rows for table in report.tables)
    usable = sum(table.usable for table in report.tables)
    tiles = [
        Tile(f"{rows:,}", "rows in all"),
        Tile(f"{report.people:,}", "customers, by exact keys"),
        Tile(f"{usable - report.people:,}", "rows that repeat a customer"),
        Tile(f"{rows - usable:,}", "rows that cannot be imported"),
    ]
    if len(report.tables) > 1:
        joining = sum(table.joining_other_share * table.usable for table in report.tables)
        tiles.append(Tile(share(joining / usable if usable else 0.0), "of rows join another file or source"))
    return tiles


def _faults(column: Column) -> list[tuple[str, int]]:
    """What is wrong in a column, the gravest kind first."""
    return [*column.reasons.items(), *column.doubts.items(), *column.troubles.items()]
