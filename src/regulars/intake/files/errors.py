"""What an import says when a whole file or its mapping cannot be used. Rows that fail are rejects instead."""

from __future__ import annotations

from regulars.vocabulary.errors import InvalidInput


class MappingError(InvalidInput):
    """The mapping file is wrong; the message names the file, the line and the key."""

    code = "bad_mapping"


class FileUnreadable(InvalidInput):
    """The data file cannot be read as CSV, Parquet or JSON lines, or lacks a column that is needed."""

    code = "bad_file"


class TooManyRejects(InvalidInput):
    """Most of the first rows or events were rejected: the mapping does not fit the file."""

    code = "too_many_rejects"
