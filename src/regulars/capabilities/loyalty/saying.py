"""A sentence about a programme: a text with its values by name, so that it can be said in any language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from regulars.vocabulary.money import exponent, to_major


class Amount(Struct, frozen=True, order=True):
    """Money to be written in the reader's manner: minor units of a currency."""

    minor: int
    currency: str

    def __str__(self) -> str:
        return f"{self.currency} {to_major(self.minor, self.currency):.{exponent(self.currency)}f}"


Value = int | str | date | Amount | tuple[str, ...] | tuple[Amount, ...]


class Sentence(Struct, frozen=True):
    """`template` holds `%(name)s` for each of `values`; `about` is the place in the file, such as earn.base.

    With a `plural`, `template` is the form for one and `values["n"]` counts. Weekdays come as mon to sun.
    """

    about: str
    template: str
    values: Mapping[str, Value]
    plural: str | None = None

    @property
    def text(self) -> str:
        """The sentence in English."""
        form = self.plural if self.plural is not None and self.values["n"] != 1 else self.template
        return form % {name: written(value) for name, value in self.values.items()}


def say(about: str, template: str, **values: Value) -> Sentence:
    """A sentence."""
    return Sentence(about, template, values)


def many(about: str, one: str, more: str, n: int, **values: Value) -> Sentence:
    """A sentence that counts `n`."""
    return Sentence(about, one, {"n": n, **values}, more)


def amounts(of: Mapping[str, int]) -> tuple[Amount, ...]:
    """Money per currency as amounts, in the order of the currencies' codes."""
    return tuple(Amount(minor, currency) for currency, minor in sorted(of.items()))


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """Names in an order that says nothing, so that another order is no change."""
    return tuple(sorted(names))


def written(value: Any) -> str:
    """A value in English: lists with commas, percent signs left alone, dates as YYYY-MM-DD."""
    if isinstance(value, tuple):
        return ", ".join(str(one) for one in value)
    return value.isoformat() if isinstance(value, date) else str(value)
