"""A matching model in plain words: when two records are one person, what is compared, how much each agreement weighs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from babel.numbers import format_decimal
from msgspec import Struct

from regulars.capabilities.identity.model import Comparison, Level, Model
from regulars.console.i18n import _, current, later, number

_LEVELS: Final[Mapping[str, str]] = {
    "same": later("the same"),
    "swapped": later("exchanged with each other"),
    "nickname": later("a short form of the other"),
    "among": later("in the other field of the other"),
    "sound": later("sounds alike"),
    "jaro_winkler": later("much alike (%(at)s of 1)"),
    "name_like": later("a misspelling (%(at)s of 1)"),
    "edits": later("up to %(at)s typing errors"),
    "initial": later("the initial alone"),
    "prefix": later("the beginning of the other"),
    "name_start": later("the beginning of the other name"),
    "start": later("the first %(at)s letters"),
    "end": later("the last %(at)s letters"),
    "words": later("words of the other"),
    "day_month": later("day and month exchanged"),
    "one_digit": later("one digit off"),
    "same_day": later("the same day of another year"),
    "year": later("the same year"),
    "year_start": later("the same year, one without a day"),
    "month": later("the same month"),
    "mailbox": later("the same name at another provider"),
    "mailbox_similar": later("a name much alike before the @ (%(at)s of 1)"),
    "else": later("anything else"),
}
_FIELDS: Final[Mapping[str, str]] = {
    "given_name": later("given name"),
    "middle_name": later("middle name"),
    "family_name": later("family name"),
    "full_name": later("full name"),
    "suffix": later("suffix (Jr, Sr, III)"),
    "birth_date": later("birth date"),
    "email": later("e-mail"),
    "phone": later("telephone"),
    "payment_token": later("payment token"),
    "device": later("device"),
    "loyalty_card": later("loyalty card"),
    "external_id": later("customer number"),
    "anonymous_id": later("browser"),
    "address": later("address"),
    "street": later("street"),
    "house_number": later("house number"),
    "city": later("city"),
    "region": later("region"),
    "postcode": later("postcode"),
    "country": later("country"),
}
_PARTS: Final[Mapping[str, str]] = {
    "sound": later("sound of the %(field)s"),
    "formal": later("full form of the %(field)s"),
    "first": later("first word of the %(field)s"),
    "last": later("last word of the %(field)s"),
    "start1": later("first letter of the %(field)s"),
    "start3": later("first 3 letters of the %(field)s"),
    "start4": later("first 4 letters of the %(field)s"),
    "year": later("year of the %(field)s"),
    "month": later("month of the %(field)s"),
    "day": later("day of the %(field)s"),
    "area": later("area of the %(field)s"),
    "mailbox": later("%(field)s before the @"),
    "words": later("a word of the %(field)s"),
}


class LevelWords(Struct, frozen=True):
    """An agreement, what it weighs, and what it weighs for the rarest value where that depends on the value.

    `kind` is that of its tag: ok where it speaks for one person, bad where against.
    """

    words: str
    bits: str
    rarest: str | None
    kind: str


class ComparisonWords(Struct, frozen=True):
    """What is compared, under the name the model gives it."""

    name: str
    fields: str
    levels: list[LevelWords]


class ModelWords(Struct, frozen=True):
    """`sentences` say when records are one person; `blocks` what they must share to be compared at all."""

    sentences: list[str]
    comparisons: list[ComparisonWords]
    blocks: list[str]


def model_words(model: Model) -> ModelWords:
    """The model in the reader's language."""
    bands, cluster = model.bands, model.cluster
    sentences = [
        _("Two records start at %(bits)s bits: that is how unlikely it is that two strangers are one person.",
          bits=_bits(model.prior.bits)),
        _("Each agreement adds bits and each contradiction takes some away; what one of them does not know says nothing."),
        _("From %(bits)s bits on they are linked.", bits=_bits(bands.link)),
        _("From %(review)s to %(link)s bits somebody is asked to look.", review=_bits(bands.review), link=_bits(bands.link)),
        _("Groups are joined while their records say %(bits)s bits or more for each other on average.",
          bits=_bits(cluster.keep)),
        _("What more than %(n)s records share brings none of them together.", n=number(cluster.crowd)),
    ]  # fmt: skip
    return ModelWords(
        sentences,
        [_comparison(one) for one in model.comparison],
        [" + ".join(_part(on) for on in block.on) for block in model.block],
    )


def _comparison(one: Comparison) -> ComparisonWords:
    return ComparisonWords(
        one.name, ", ".join(field_words(name) for name in one.fields), [_level(level) for level in one.levels]
    )


def _level(level: Level) -> LevelWords:
    words = _(_LEVELS.get(level.when, level.when), at=_decimal(level.at)) if level.at is not None else None
    weight = level.weight()
    rarest = _bits(level.most) if level.frequency and level.most > weight else None
    return LevelWords(
        words or _(_LEVELS.get(level.when, level.when)),
        _bits(weight),
        rarest,
        "ok" if weight > 0 else "bad" if weight < 0 else "",
    )


def field_words(name: str) -> str:
    """A field in words; a trait by its own name."""
    return _(_FIELDS[name]) if name in _FIELDS else name.removeprefix("traits.")


def _part(name: str) -> str:
    field, dot, part = name.rpartition(".")
    if dot and part in _PARTS and (field in _FIELDS or field.startswith("traits.")):
        return _(_PARTS[part], field=field_words(field))
    return field_words(name)


def _bits(bits: float) -> str:
    text = format_decimal(abs(round(bits, 1)), "#,##0.0", locale=current().locale)
    return f"−{text}" if round(bits, 1) < 0 else text


def _decimal(value: float) -> str:
    return format_decimal(value, "#,##0.###", locale=current().locale)
