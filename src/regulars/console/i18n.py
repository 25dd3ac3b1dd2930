"""Words of the console in the reader's language: every text passes through `_` or `ngettext`.

The catalogue in force is a context variable, set for each request; without one the English text is used.
Values are filled in by name (`_("%(n)s rows", n=3)`), so translators may reorder them.
"""

from __future__ import annotations

from contextvars import ContextVar
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from importlib.resources.abc import Traversable

_catalogue: ContextVar[NullTranslations | None] = ContextVar("catalogue", default=None)
_ENGLISH = NullTranslations()


def languages(folder: Traversable | None = None) -> dict[str, str]:
    """The languages there is a catalogue for, by code, each in its own words. English needs no catalogue.

    A catalogue is `locale/<code>/LC_MESSAGES/console.mo`; its header `X-Language-Name` says what it is called.
    """
    folder = folder or resources.files("regulars.console").joinpath("locale")
    found = {"en": "English"}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name) if folder.is_dir() else ():
        catalogue = entry.joinpath("LC_MESSAGES", "console.mo")
        if catalogue.is_file():
            with catalogue.open("rb") as file:
                found[entry.name] = GNUTranslations(file).info().get("x-language-name", entry.name)
    return found


def use(catalogue: NullTranslations | None) -> None:
    """Take a catalogue for the rest of this request (None: English)."""
    _catalogue.set(catalogue)


def gettext(message: str) -> str:
    """The text in the reader's language, nothing filled in."""
    return (_catalogue.get() or _ENGLISH).gettext(message)


def _(message: str, **values: object) -> str:
    """The text in the reader's language, values filled in."""
    text = gettext(message)
    return text % values if values else text


def raw_ngettext(singular: str, plural: str, n: int) -> str:
    """The form of a text that fits the number, nothing filled in."""
    return (_catalogue.get() or _ENGLISH).ngettext(singular, plural, n)


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    """The form of a text that fits the number, `n` and further values filled in."""
    return raw_ngettext(singular, plural, n) % {"n": number(n), **values}


def number(value: int) -> str:
    """A whole number with thin separators, as English writes it."""
    return f"{value:,}"
