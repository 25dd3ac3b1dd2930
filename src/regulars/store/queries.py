"""Named queries: `.sql` files beside the code that uses them, read once at start.

A file is a list of queries, each headed by two comment lines: `-- name: query_name`, then one line that
says what the query is for. The text up to the next header is the query. Parameters are `%(name)s`.
Rooms hold only the SQL text; this loader is the one place that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import resources
from typing import LiteralString

import msgspec

from regulars.store.errors import QueryFileError

_HEADER = re.compile(r"^--\s*name:\s*(?P<name>.*?)\s*$", re.MULTILINE)
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class NamedQuery(msgspec.Struct, frozen=True):
    """One query: its name, its line of purpose and its text."""

    name: str
    purpose: str
    sql: LiteralString


class Queries:
    """The queries of one file, as attributes (`queries.load_records`) or items (`queries["load_records"]`)."""

    def __init__(self, source: str, queries: tuple[NamedQuery, ...]) -> None:
        self.source = source
        self._queries = {query.name: query for query in queries}

    def __getitem__(self, name: str) -> LiteralString:
        try:
            return self._queries[name].sql
        except KeyError:
            known = ", ".join(self._queries)
            raise QueryFileError(f"{self.source} has no query named {name!r}; it has: {known}.") from None

    def __getattr__(self, name: str) -> LiteralString:
        if name.startswith("_"):
            raise AttributeError(name)
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self._queries

    def __iter__(self) -> Iterator[str]:
        return iter(self._queries)

    def __len__(self) -> int:
        return len(self._queries)

    def purpose(self, name: str) -> str:
        """The line that says what the query is for."""
        self[name]
        return self._queries[name].purpose


def load_queries(package: str, file: str = "queries.sql") -> Queries:
    """Read the named queries of `file` in `package`. Raises QueryFileError on any fault in it."""
    source = f"{package}/{file}"
    try:
        text = resources.files(package).joinpath(file).read_text(encoding="utf-8")
    except (FileNotFoundError, ModuleNotFoundError) as error:
        raise QueryFileError(f"{source} cannot be read: {error}.") from error
    return parse_queries(text, source)


def parse_queries(text: str, source: str) -> Queries:
    """Split the text of a query file. Raises QueryFileError on a duplicate, a missing purpose or no text."""
    headers = list(_HEADER.finditer(text))
    before = text[: headers[0].start()] if headers else text
    if any(line.strip() and not line.lstrip().startswith("--") for line in before.splitlines()):
        raise QueryFileError(f"{source} has SQL before its first '-- name:' line.")
    if not headers:
        raise QueryFileError(f"{source} holds no named query.")
    ends = [header.start() for header in headers[1:]] + [len(text)]
    queries: dict[str, NamedQuery] = {}
    for header, end in zip(headers, ends, strict=True):
        query = _parse_one(header["name"], text[header.end() : end], source)
        if query.name in queries:
            raise QueryFileError(f"{source} names {query.name!r} twice.")
        queries[query.name] = query
    return Queries(source, tuple(queries.values()))


def _parse_one(name: str, body: str, source: str) -> NamedQuery:
    if not _NAME.fullmatch(name):
        raise QueryFileError(
            f"{source} names a query {name!r}; use lower-case letters, digits and underscores."
        )
    purpose, _, rest = body.lstrip("\n").partition("\n")
    purpose = purpose.removeprefix("--").strip() if purpose.startswith("--") else ""
    if not purpose:
        raise QueryFileError(f"{source}: the query {name!r} lacks the comment line that says what it is for.")
    lines = [line for line in rest.splitlines() if not line.lstrip().startswith("--")]
    sql = "\n".join(lines).strip().removesuffix(";").rstrip()
    if not sql:
        raise QueryFileError(f"{source}: the query {name!r} has no text.")
    # The text comes from package files only, never from input: this is what LiteralString promises.
    return NamedQuery(name=name, purpose=purpose, sql=sql)
