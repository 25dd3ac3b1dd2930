"""Lists that come in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct

from .errors import UnexpectedAnswer

T = TypeVar("T")


class Page(Struct, Generic[T]):
    """One page of a list; `next` is the cursor of the page after it, null at the end."""

    data: list[T]
    next: str | None = None


class Listing(Generic[T]):
    """A list, page after page: `for one in listing` walks all of it, and asks for a page when it comes to it.

    Nothing is kept: going through it again asks again.
    """

    def __init__(self, fetch: Callable[[str | None], Page[T]], cursor: str | None = None) -> None:
        """`fetch` gets the page of a cursor; `cursor`: where to begin."""
        self._fetch = fetch
        self._cursor = cursor

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.data

    def pages(self) -> Iterator[Page[T]]:
        """The pages. Raises UnexpectedAnswer when one leads back to itself."""
        cursor = self._cursor
        while True:
            page = self._fetch(cursor)
            yield page
            if page.next is None:
                return
            if page.next == cursor:
                raise UnexpectedAnswer("The list does not go on: a page leads to itself.")
            cursor = page.next

    def first(self) -> T | None:
        """The first entry, None when there is none."""
        return next(iter(self), None)
