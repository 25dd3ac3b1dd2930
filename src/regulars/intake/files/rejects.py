"""The reject file: which lines were left out and why, without any value of the file itself."""

from __future__ import annotations

import csv
import os
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

from .errors import FileUnreadable

HEADER: Final = ("line", "field", "reason", "quarantine_id")
_REASON_CHARACTERS_MAX: Final = 500


class Rejects:
    """Writes `FILE.rejects.csv`, readable by its owner alone, when the first row is rejected.

    Rows that the engine refused carry the id under which it keeps them. A resumed run finds all others
    again by itself and takes those over from the file of the run before.
    """

    def __init__(self, path: Path, *, resumed: bool) -> None:
        """An older file is replaced, or, when `resumed`, carried on."""
        self.path = path
        self.written = 0
        self._file: TextIO | None = None
        self._before = path.with_name(path.name + ".before")
        if resumed:
            self._take_over()
        else:
            with suppress(OSError):
                path.unlink()

    def add(self, line: int, field: str, reason: str, quarantine_id: str | None = None) -> None:
        """Write one rejected row. Raises FileUnreadable when the file cannot be written."""
        self._row(line, field, reason[:_REASON_CHARACTERS_MAX], quarantine_id or "")
        self.written += 1

    def flush(self) -> None:
        """Hand what was written to the operating system."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file; repeated calls do nothing."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _row(self, *cells: object) -> None:
        try:
            if self._file is None:
                descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                self._file = os.fdopen(descriptor, "w", encoding="utf-8", newline="")
                csv.writer(self._file).writerow(HEADER)
            csv.writer(self._file).writerow(cells)
        except OSError as error:
            raise FileUnreadable(
                f"The reject file {self.path} cannot be written ({error.strerror}); name another with --rejects."
            ) from error

    def _take_over(self) -> None:
        # A copy that is already there is what an earlier run was taking over when it was stopped.
        if not self._before.exists():
            if not self.path.exists():
                return
            self.path.replace(self._before)
        with self._before.open(encoding="utf-8", newline="") as before:
            for row in csv.DictReader(before):
                if row.get("quarantine_id"):
                    self._row(row["line"], row["field"], row["reason"], row["quarantine_id"])
        self.flush()
        self._before.unlink()
