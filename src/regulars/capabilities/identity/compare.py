"""The tests that levels of a comparison are made of. Each takes two values and is symmetric.

A value is a text in compared form; a date has its year, month and day at the places of 1985-11-02. Distances are taken
on ASCII, without cut-offs: a library that rounds at its own cut-off answers otherwise at the boundary. Choose cuts that no
pair of short words attains, such as 0.915: words of five letters of which the last differs score exactly 0.92.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from .nicknames import has_initial, other_names, same_name
from .sound import sound

Test = Callable[[str, str], bool]
SOUND_LETTERS_MIN: Final = 3


def _jaro_winkler(at: float) -> Test:
    similarity = JaroWinkler.normalized_similarity

    def test(one: str, other: str) -> bool:
        return similarity(one, other) >= at if one < other else similarity(other, one) >= at

    return test


def _edits(at: float) -> Test:
    """At most `at` letters differ; short words are all alike that way, so both need three letters for each."""
    distance, letters = OSA.distance, 3 * at

    def test(one: str, other: str) -> bool:
        return len(one) > letters and len(other) > letters and distance(one, other) <= at

    return test


def _start(at: float) -> Test:
    letters = int(at)
    return lambda one, other: len(one) >= letters and one[:letters] == other[:letters]


def _end(at: float) -> Test:
    letters = int(at)
    return lambda one, other: len(one) >= letters and one[-letters:] == other[-letters:]


def _nickname(one: str, other: str) -> bool:
    return same_name(one, other)


def _initial(one: str, other: str) -> bool:
    """A lone letter and a name that may go by it."""
    letter, name = sorted((one, other), key=len)
    return len(letter) == 1 and has_initial(name, letter)


def _name_like(at: float) -> Test:
    """As jaro_winkler, but two names that are both well known are no misspelling of each other: Paul and Paula."""
    similar = _jaro_winkler(at)
    return lambda one, other: similar(one, other) and not other_names(one, other)


def _name_start(one: str, other: str) -> bool:
    """As prefix, but of two well-known names neither is short for the other unless it is a form of it."""
    return _prefix(one, other) and not other_names(one, other)


def _prefix(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and long.startswith(short)


def _sound(one: str, other: str) -> bool:
    """Words that sound alike; short sounds are shared by too many, such as Jane and John."""
    heard = sound(one)
    return len(heard) >= SOUND_LETTERS_MIN and heard == sound(other)


def _words(one: str, other: str) -> bool:
    """All words of one are among those of the other: Garcia, Garcia Lopez."""
    mine, theirs = set(one.split()), set(other.split())
    return mine <= theirs or theirs <= mine


def _day_month(one: str, other: str) -> bool:
    """One date, day and month exchanged."""
    return one[:4] == other[:4] and one[5:7] == other[8:10] and one[8:10] == other[5:7]


def _one_digit(one: str, other: str) -> bool:
    """Two dates or numbers of one length that differ in one character, or in two neighbours exchanged."""
    return len(one) == len(other) and OSA.distance(one, other) <= 1


def _same_day(one: str, other: str) -> bool:
    """Month and day of another year."""
    return len(one) == len(other) == 10 and one[5:] == other[5:]


def _year_start(one: str, other: str) -> bool:
    """One year, of which one side names no day: 1 January stands for it."""
    return one[:4] == other[:4] and ("01", "01") in ((one[5:7], one[8:10]), (other[5:7], other[8:10]))


def _year(one: str, other: str) -> bool:
    return one[:4] == other[:4]


def _month(one: str, other: str) -> bool:
    return one[:7] == other[:7]


def _mailbox(one: str, other: str) -> bool:
    """One name before the @, at another provider."""
    return one.partition("@")[0] == other.partition("@")[0]


def _mailbox_similar(at: float) -> Test:
    similar = _jaro_winkler(at)
    return lambda one, other: similar(one.partition("@")[0], other.partition("@")[0])


_PLAIN: Final[dict[str, Test]] = {
    "nickname": _nickname,
    "initial": _initial,
    "name_start": _name_start,
    "prefix": _prefix,
    "sound": _sound,
    "words": _words,
    "day_month": _day_month,
    "one_digit": _one_digit,
    "same_day": _same_day,
    "year": _year,
    "year_start": _year_start,
    "month": _month,
    "mailbox": _mailbox,
}
_MEASURED: Final[dict[str, Callable[[float], Test]]] = {
    "jaro_winkler": _jaro_winkler,
    "name_like": _name_like,
    "edits": _edits,
    "start": _start,
    "end": _end,
    "mailbox_similar": _mailbox_similar,
}
NEEDS_AT: Final = frozenset(_MEASURED)
OF_SEVERAL: Final = frozenset(("swapped", "among"))
"""Tests that need further fields. `swapped`: the first field of each is the second of the other. `among`: the first field
of one is a word of the other's further fields, as a name of birth kept as a middle name."""

TESTS: Final = frozenset(_PLAIN) | NEEDS_AT | OF_SEVERAL | {"same"}
"""All tests; `same` is a value in common."""


def level_test(when: str, at: float | None) -> Test:
    """The test of a level, for two single values. `same` and those of several fields are the matcher's own."""
    return _PLAIN[when] if at is None else _MEASURED[when](at)
