"""Find a person in texts that belong to no record: contacts and names anywhere, ids where they stand alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress

import msgspec

from regulars.capabilities.identity import kinds

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[\s()./-]+(?=\d)")
PHONE_DIGITS = 9
ID_CHARACTERS_MIN = 4


class Traces:
    """What a person is recognised by. A phone counts however it is written, by its last nine digits."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._phones: set[str] = set()

    def add(self, values: Iterable[tuple[int, str, str]], given: str | None, family: str | None) -> None:
        """(kind, value, hash) of identifiers, and the names, of one record."""
        for kind, value, _ in values:
            if kind == kinds.EMAIL:
                self._texts.add(value.casefold())
            elif kind == kinds.PHONE:
                self._phones.add(value[-PHONE_DIGITS:])
            elif len(value) >= ID_CHARACTERS_MIN:
                self._texts.add(f'"{value.casefold()}"')
        if given and family:
            self._texts.add(f"{given} {family}".casefold())

    def found_in(self, body: bytes) -> bool:
        """Whether a message tells of the person."""
        text = _plain(body).casefold()
        if any(trace in text for trace in self._texts):
            return True
        digits = _BETWEEN_DIGITS.sub("", text)
        return any(phone in digits for phone in self._phones)


def _plain(body: bytes) -> str:
    """The text of a message; JSON is written without escapes first."""
    if b"\\" in body:
        with suppress(msgspec.MsgspecError, RecursionError, UnicodeError):
            body = msgspec.json.encode(msgspec.json.decode(body))
    return body.decode("utf-8", "replace")
