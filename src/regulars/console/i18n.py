"""Words, figures and dates of the console in the reader's language: every text passes through `_` or `ngettext`.

The language in force is a context variable, set for each request; without one it is English, in which the texts are
written. Values are filled in by name (`_("%(n)s rows", n=3)`), so translators may reorder them. A language is there
when `locale/CODE.po` is; how it writes numbers, money and dates comes from the CLDR by way of Babel.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextvars import ContextVar
from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from typing import Final

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from msgspec import Struct

from regulars.vocabulary.errors import RegularsError

SOURCE: Final = "en"
_LOCALES = "locale"


class Language(Struct, frozen=True):
    """A language with its words, and how it writes what is not words."""

    locale: Locale
    words: NullTranslations

    @property
    def code(self) -> str:
        """As in `<html lang>`."""
        return str(self.locale.language)

    @property
    def name(self) -> str:
        """Its name in itself."""
        return str(self.locale.get_display_name(self.locale) or self.code).capitalize()

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.locale.text_direction)


ENGLISH: Final = Language(Locale(SOURCE), NullTranslations())
_language: ContextVar[Language] = ContextVar("language", default=ENGLISH)


@cache
def languages() -> Mapping[str, Language]:
    """The languages that are installed, by code; English is always there and the first."""
    found = {SOURCE: ENGLISH}
    for file in sorted(resources.files(__package__).joinpath(_LOCALES).iterdir(), key=lambda one: one.name):
        code, dot, ending = file.name.partition(".")
        if dot and ending == "po":
            locale = Locale.parse(code)
            found[code] = Language(locale, translations(file.read_bytes(), locale))
    return found


def translations(catalogue: bytes, locale: Locale) -> GNUTranslations:
    """The words of a catalogue in the form translators work in (PO), its head left to what is known of the language."""
    packed = io.BytesIO()
    write_mo(packed, read_po(io.BytesIO(catalogue), locale=locale))
    packed.seek(0)
    return GNUTranslations(packed)


def chosen(wanted: str | None, accepted: str | None, default: str = SOURCE) -> Language:
    """The language a person chose, else the first installed one of an `Accept-Language` header, else the default."""
    installed = languages()
    for code in (wanted, *_in_order(accepted), default):
        language = installed.get((code or "").partition("-")[0].lower())
        if language is not None:
            return language
    return ENGLISH


def use(language: Language) -> None:
    """Take a language for the rest of this request."""
    _language.set(language)


def current() -> Language:
    """The language in force."""
    return _language.get()


def gettext(message: str) -> str:
    """The text in the reader's language, nothing filled in."""
    return current().words.gettext(message)


def _(message: str, **values: object) -> str:
    """The text in the reader's language, values filled in."""
    text = gettext(message)
    return text % values if values else text


def told(error: RegularsError) -> str:
    """What an error says, in the reader's language; in English where its text has no translation."""
    return _(error.template, **error.values)


def later(message: str) -> str:
    """Mark a text of a table as one to translate; it passes through `_` when it is shown."""
    return message


def raw_ngettext(singular: str, plural: str, n: int) -> str:
    """The form of a text that fits the number, nothing filled in."""
    return current().words.ngettext(singular, plural, n)


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """The form of a text that fits the number, `n` and further values filled in."""
    return raw_ngettext(singular, plural, n) % {"n": number(n), **values}


def number(value: int) -> str:
    """A whole number with its thousands apart."""
    return format_decimal(value, locale=current().locale)


def _in_order(accepted: str | None) -> list[str]:
    """The languages of an `Accept-Language` header, the best liked first; at most ten are looked at."""
    liked = []
    for part in (accepted or "").split(",")[:10]:
        code, _sep, weight = part.strip().partition(";q=")
        try:
            liked.append((-float(weight or 1), code))
        except ValueError:
            continue
    return [code for _weight, code in sorted(liked, key=lambda one: one[0])]
