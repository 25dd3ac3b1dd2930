"""Query files are read strictly: a fault in one stops the program at start."""

from __future__ import annotations

import pytest

from regulars.store.errors import QueryFileError
from regulars.store.queries import load_queries, parse_queries

GOOD = """-- A file may open with words of its own.

-- name: first
-- Says one.
SELECT 1;

-- name: second
-- Says what it is given.
-- A further comment is no part of the query.
SELECT %(value)s
 WHERE true;
"""


def test_queries_are_found_by_name_with_their_purpose() -> None:
    queries = parse_queries(GOOD, "good.sql")
    assert list(queries) == ["first", "second"]
    assert queries.first == "SELECT 1"
    assert queries["second"] == "SELECT %(value)s\n WHERE true"
    assert queries.purpose("second") == "Says what it is given."
    assert "second" in queries and "third" not in queries


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("-- name: a\n-- Why.\nSELECT 1\n-- name: a\n-- Why.\nSELECT 2", "twice"),
        ("-- name: a\nSELECT 1", "what it is for"),
        ("-- name: a\n--\nSELECT 1", "what it is for"),
        ("-- name: a\n-- Why.\n", "no text"),
        ("-- name: A query\n-- Why.\nSELECT 1", "lower-case"),
        ("-- name:\n-- Why.\nSELECT 1", "lower-case"),
        ("SELECT 0;\n-- name: a\n-- Why.\nSELECT 1", "before its first"),
        ("-- nothing here", "no named query"),
    ],
)
def test_a_badly_written_file_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(QueryFileError, match=complaint) as caught:
        parse_queries(text, "bad.sql")
    assert "bad.sql" in caught.value.message


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(QueryFileError, match="first, second"):
        parse_queries(GOOD, "good.sql")["third"]


def test_a_file_comes_from_a_package() -> None:
    assert "regulars_app" in load_queries("regulars.store", "connection.sql").take_role
    with pytest.raises(QueryFileError, match="cannot be read"):
        load_queries("regulars.store", "absent.sql")
