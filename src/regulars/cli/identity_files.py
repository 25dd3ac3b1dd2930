"""Files of `regulars identity`: who is in which profile, and who is who in truth."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from regulars.engine.members import Placed
from regulars.vocabulary.errors import InvalidInput

MEMBERS: Final = ("source", "external_id", "profile_id")
TRUTH: Final = ("source", "external_id", "person")
TRUTH_ROWS_MAX: Final = 2_000_000


def write_members(path: Path, members: Iterable[Placed]) -> int:
    """Write the lines, readable by the owner alone; how many. Raises InvalidInput where it cannot be written."""
    written = 0
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(MEMBERS)
            for one in members:
                writer.writerow((one.source, one.external_id, one.profile_id))
                written += 1
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written ({error.strerror}).", field="out") from None
    return written


def read_truth(path: Path) -> dict[tuple[str, str], str]:
    """The person of each (source, external id). Raises InvalidInput naming the line of what is wrong."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _truth(path, csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} cannot be read ({error}).", field="truth") from None


def _truth(path: Path, reader: csv.DictReader[str]) -> dict[tuple[str, str], str]:
    missing = [name for name in TRUTH if name not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInput(
            f"{path} has no column {', '.join(missing)}; it needs: {', '.join(TRUTH)}.", field="truth"
        )
    found: dict[tuple[str, str], str] = {}
    for row in reader:
        source, external_id, person = ((row[name] or "").strip() for name in TRUTH)
        if not (source and external_id and person):
            raise InvalidInput(f"{path}, line {reader.line_num}: a value is missing.", field="truth")
        if len(found) == TRUTH_ROWS_MAX:
            raise InvalidInput(f"{path} has more than {TRUTH_ROWS_MAX:,} lines.", field="truth")
        if found.setdefault((source, external_id), person) != person:
            raise InvalidInput(f"{path}, line {reader.line_num}: this customer is two people.", field="truth")
    return found
