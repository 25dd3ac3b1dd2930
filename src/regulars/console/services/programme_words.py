"""A loyalty programme in the reader's language: its sentences by topic, what a draft changes, what to look at in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from msgspec import Struct

from regulars.capabilities.loyalty.programme import Fault, Programme
from regulars.capabilities.loyalty.saying import Amount, Sentence, Value
from regulars.capabilities.loyalty.sentences import Change, describe
from regulars.console.format import day, money
from regulars.console.i18n import _, later, ngettext, number

_WEEKDAYS: Final[Mapping[str, str]] = {
    "mon": later("Monday"),
    "tue": later("Tuesday"),
    "wed": later("Wednesday"),
    "thu": later("Thursday"),
    "fri": later("Friday"),
    "sat": later("Saturday"),
    "sun": later("Sunday"),
}
_TOPICS: Final[Sequence[tuple[str, frozenset[str]]]] = (
    (later("Who takes part"), frozenset({"programme", "members"})),
    (later("Earning"), frozenset({"currencies", "earn", "multiplier", "bonus", "exclude", "kinds"})),
    (later("Points and their end"), frozenset({"point"})),
    (later("Spending"), frozenset({"redeem", "debt", "reward", "limits"})),
    (later("Tiers"), frozenset({"tier", "cycle", "credit"})),
)


class Paragraph(Struct, frozen=True):
    """Sentences about one place of the file, such as earn.base."""

    about: str
    sentences: list[str]


class Topic(Struct, frozen=True):
    """What a programme says of one thing."""

    name: str
    paragraphs: list[Paragraph]


class ChangeWords(Struct, frozen=True):
    """What no longer holds at a place of the file, and what holds instead; one of them may be empty."""

    about: str
    kind: str
    before: list[str]
    after: list[str]


def topics(programme: Programme) -> list[Topic]:
    """The programme in sentences, by topic; topics it says nothing of are left out."""
    told: dict[str, list[str]] = {}
    for sentence in describe(programme):
        words = sentence_words(sentence)
        # What a retailer writes of a benefit ends as it ends.
        told.setdefault(sentence.about, []).append(words if words.endswith((".", "!", "?")) else f"{words}.")
    found = [
        Topic(_(name), [Paragraph(about, told[about]) for about in told if about.partition(".")[0] in places])
        for name, places in _TOPICS
    ]
    return [topic for topic in found if topic.paragraphs]


def about(programme: Programme, place: str) -> list[str]:
    """The sentences about one place of the file."""
    return [sentence_words(sentence) for sentence in describe(programme) if sentence.about == place]


def changes(found: Iterable[Change]) -> list[ChangeWords]:
    """What a draft changes."""
    return [
        ChangeWords(
            one.about,
            one.kind,
            [sentence_words(sentence) for sentence in one.before],
            [sentence_words(sentence) for sentence in one.after],
        )
        for one in found
    ]


def fault_words(fault: Fault) -> str:
    """What should be looked at."""
    return _(fault.template, **fault.values)


def sentence_words(sentence: Sentence) -> str:
    """A sentence with its values as the language writes them."""
    values = {name: _value(name, value) for name, value in sentence.values.items()}
    if sentence.plural is not None:
        count = sentence.values["n"]
        assert isinstance(count, int), "what counts is a number"
        del values["n"]
        return ngettext(sentence.template, sentence.plural, count, **values)
    return _(sentence.template, **values)


def _value(name: str, value: Value) -> str:
    if isinstance(value, tuple):
        return ", ".join(_value(name, one) for one in value)
    if isinstance(value, Amount):
        return money(value.minor, value.currency)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int):
        return number(value)
    return _(_WEEKDAYS[value]) if name == "weekdays" and value in _WEEKDAYS else value
