"""How people's details are written down at a till or a desk: cut short, mistyped, swapped, made up.

Each function gives what was written and the slip made, one of `cases` or empty. A slip that changes
nothing, such as a lost accent in a name that has none, is not named.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Final

from msgspec.structs import replace

from .cases import (
    ACCENTS,
    DATE_TYPO,
    EMAIL_TYPO,
    FILLER,
    INITIAL,
    NAME_ORDER,
    NAME_TYPO,
    NICKNAME,
    NO_FAMILY_NAME,
    PHONE_TYPO,
    SPELLING,
)
from .contacts import FILLER_EMAILS, FILLER_PHONES, email_typo, folded, phone_as_written, phone_typo, typo
from .names import NICKNAMES, SPELLINGS
from .people import Address, Person

FILLER_BIRTHS: Final = (date(1900, 1, 1), date(1970, 1, 1))
"""What stands where a form wants a birth date and the customer does not say."""

_SHORT: Final = {"Street": "St", "Road": "Rd", "Lane": "Ln", "Avenue": "Ave", "Drive": "Dr", "Terrace": "Ter"}


Written = tuple[str | None, str | None, str]
"""Given name, surname, slip."""


def is_outdated(rng: Random, person: Person) -> bool:
    """Whether someone who married or moved still goes by the old details here."""
    changed = person.former_family is not None or person.former_address is not None
    return changed and rng.random() < 0.5


def family_of(person: Person, *, outdated: bool) -> str:
    """The surname before a marriage or after it."""
    return person.former_family if outdated and person.former_family else person.family


def address_of(person: Person, *, outdated: bool) -> Address:
    """The address before a move or after it."""
    return person.former_address if outdated and person.former_address else person.address


def name_as_typed(rng: Random, person: Person, *, outdated: bool) -> Written:
    """Given name, surname and slip: nicknames, initials, lost accents, capitals, slips, swapped or missing names."""
    given, family = person.given, family_of(person, outdated=outdated)
    if person.suffix is not None and rng.random() < 0.5:
        family = f"{family} {person.suffix}{'.' if rng.random() < 0.3 else ''}"
    draw = rng.random()
    for below, write in _HANDS:
        if draw < below:
            return write(rng, given, family)
    return _without_accents(rng, given, family)


def _short(_: Random, given: str, family: str) -> Written:
    nickname = NICKNAMES.get(given, given)
    return nickname, family, NICKNAME if nickname != given else ""


def _mistyped(rng: Random, given: str, family: str) -> Written:
    if rng.random() < 0.5:
        return given, typo(rng, family), NAME_TYPO
    mistyped = typo(rng, given)
    return mistyped, family, NAME_TYPO if mistyped != given else ""


def _by_ear(_: Random, given: str, family: str) -> Written:
    heard = SPELLINGS.get(given, given), SPELLINGS.get(family, family)
    return (*heard, SPELLING if heard != (given, family) else "")


def _without_accents(rng: Random, given: str, family: str) -> Written:
    slip = ""
    if not given.isascii() and rng.random() < 0.5:
        given, slip = folded(given).capitalize(), ACCENTS
    if not family.isascii() and rng.random() < 0.5:
        family, slip = folded(family).capitalize(), ACCENTS
    return given, family, slip


_HANDS: Final[tuple[tuple[float, Callable[[Random, str, str], Written]], ...]] = (
    (0.08, _short),
    (0.1, lambda _, given, family: (given[:1], family, INITIAL)),
    (0.16, _mistyped),
    (0.19, lambda _, given, family: (given.upper(), family.upper(), "")),
    (0.2, lambda _, given, family: (family, given, NAME_ORDER)),
    (0.23, lambda _, given, _family: (given, None, NO_FAMILY_NAME)),
    (0.29, _by_ear),
)
"""Up to which share of the names each way of writing is taken; the rest are written as told."""


def email_as_typed(rng: Random, person: Person, invented: tuple[str, ...]) -> tuple[str | None, str]:
    """What staff type for an e-mail address: often nothing, seldom a filler; `invented` are the shop's own."""
    draw = rng.random()
    email = person.emails[0] if rng.random() < 0.8 else person.emails[-1]
    if draw < 0.36:
        return None, ""
    if draw < 0.38:
        return FILLER_EMAILS[int(rng.random() * len(FILLER_EMAILS))], FILLER
    if draw < 0.39:
        return invented[int(rng.random() * len(invented))], FILLER
    if draw < 0.41:
        return email_typo(rng, email), EMAIL_TYPO
    return email.title() if draw < 0.47 else email, ""


def phone_as_typed(rng: Random, person: Person, invented: tuple[str, ...]) -> tuple[str | None, str]:
    """What staff type for a phone number, the household's or one given up since included."""
    draw = rng.random()
    number = person.mobile
    if person.landline is not None and rng.random() < 0.2:
        number = person.landline
    elif person.former_mobile is not None and rng.random() < 0.4:
        number = person.former_mobile
    if draw < 0.38:
        return None, ""
    if draw < 0.395:
        return FILLER_PHONES[0], FILLER
    if draw < 0.405:
        return invented[int(rng.random() * len(invented))], FILLER
    if draw < 0.415:
        return phone_typo(rng, number), PHONE_TYPO
    return phone_as_written(rng, number), ""


def birth_as_typed(rng: Random, birth: date) -> tuple[date, str]:
    """Day and month swapped, a digit off, another year, a made-up date; mostly right."""
    draw = rng.random()
    if draw < 0.02 and birth.day <= 12 and birth.day != birth.month:
        return birth.replace(month=birth.day, day=birth.month), DATE_TYPO
    if draw < 0.03:
        return birth.replace(
            year=birth.year - 1 + 2 * int(rng.random() * 2), day=min(birth.day, 28)
        ), DATE_TYPO
    if draw < 0.04:
        return birth.replace(day=1 + (birth.day + 9) % 28), DATE_TYPO
    if draw < 0.055:
        return FILLER_BIRTHS[int(rng.random() * len(FILLER_BIRTHS))], FILLER
    return birth, ""


def address_as_typed(rng: Random, address: Address) -> Address:
    """The same address in short words, capitals or with the postcode run together."""
    draw = rng.random()
    if draw < 0.25:
        words = (_SHORT.get(word, word) for word in address.line1.split(" "))
        return replace(address, line1=" ".join(words))
    if draw < 0.4:
        return replace(address, postcode=address.postcode.replace(" ", "").lower())
    if draw < 0.48:
        return replace(address, line1=address.line1.upper(), city=address.city.upper())
    return address
