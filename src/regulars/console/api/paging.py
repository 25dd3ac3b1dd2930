"""Lists come in pages: `{"data": […], "next": cursor | null}`. A cursor is a place, so pages never shift."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, TypeVar

import msgspec
from litestar.params import QueryParameter

from regulars.vocabulary.errors import InvalidInput

ROWS: Final = 50
ROWS_MAX: Final = 200

Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=ROWS_MAX, description="Most entries of a page.")]
Cursor = Annotated[
    str | None,
    QueryParameter(
        name="cursor", max_length=500, description="`next` of the page before; absent: the first."
    ),
]
T = TypeVar("T")


def write_cursor(*place: Any) -> str:
    """A place in a list as text for a URL."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read_cursor(text: str | None, type_: type[T]) -> T | None:
    """The place of a cursor, a tuple type; None without one. Raises InvalidInput for one we did not make."""
    if text is None:
        return None
    try:
        raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        return msgspec.json.decode(raw, type=type_)
    except (binascii.Error, ValueError, RecursionError):
        raise InvalidInput(
            "This cursor is not one of ours. Leave it away to start from the first page.", field="cursor"
        ) from None


def cut(rows: Sequence[T], limit: int, place: Callable[[T], Sequence[Any]]) -> tuple[Sequence[T], str | None]:
    """A page of `limit` out of up to one row more, and the cursor of the next page."""
    if len(rows) <= limit:
        return rows, None
    kept = rows[:limit]
    return kept, write_cursor(*place(kept[-1]))
