"""What the tests of audits share."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from regulars.capabilities.identity.audit.columns import Column
from regulars.capabilities.identity.audit.report import Fix, Report, TableReport
from regulars.intake.audit.run import audit
from regulars.intake.audit.tables import FileTable

TODAY = date(2026, 11, 26)
DATA = Path(__file__).resolve().parents[4] / "shared" / "data" / "er"
"""Labelled files of people kept beside the project, where there are any."""


def audited(*paths: Path, mapping: Path | None = None, region: str = "GB") -> Report:
    """The audit of some files."""
    tables = [FileTable(path, mapping) for path in paths]
    try:
        return audit(tables, region=region, today=TODAY)
    finally:
        for table in tables:
            table.close()


def table_of(
    rows: Sequence[Sequence[Any]], path: Path, *, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    """A CSV file."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def one(report: Report) -> TableReport:
    """The report's only table."""
    (table,) = report.tables
    return table


def column(report: Report, name: str) -> Column:
    """A column of the only table."""
    (found,) = [one for one in one(report).columns if one.name == name]
    return found


def fix(report: Report, words: str) -> Fix:
    """The fix whose title has these words."""
    (found,) = [one for one in report.fixes if words in one.title]
    return found
