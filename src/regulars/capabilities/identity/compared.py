"""A record's details in the form they are compared in, by field.

Everything is folded to ASCII lower case. A name loses its title, and what tells father and son apart (Jr, Sr, III)
becomes a field of its own. A contact that was replaced takes part like the present one where a name says whose it
was. Birth dates that programs
put where none is known say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import product
from typing import Any, Final

from msgspec import Struct

from . import kinds
from .nicknames import formal
from .normalise import CACHED_NAMES, FILLERS, TITLES, fold
from .sound import sound
from .state import Fields

Values = dict[str, tuple[str, ...]]
"""Field → its values in compared form; a field without any is not there."""

KINDS: Final = dict(kinds.BY_NAME)
NAMES: Final = ("given_name", "middle_name", "family_name", "full_name", "suffix")
PLACES: Final = ("address", "street", "house_number", "city", "region", "postcode", "country")
FIELDS: Final = frozenset((*KINDS, *NAMES, *PLACES, "birth_date"))
"""What may be compared, besides traits.x. `full_name` has its words in order of the alphabet."""

TRAIT: Final = "traits."
KEYS_PER_BLOCK_MAX = 12
VALUES_MAX = 8
"""Values of a field that are compared; the first of them where a record has more."""

_SUFFIXES: Final = {
    "jr": "jr", "junior": "jr", "jnr": "jr", "sr": "sr", "senior": "sr", "snr": "sr", "i": "i",
    "ii": "ii", "iii": "iii", "iv": "iv", "2nd": "ii", "3rd": "iii", "4th": "iv",
}  # fmt: skip
_NO_BIRTH: Final = frozenset(
    ("1900-01-01", "1901-01-01", "1970-01-01", "0001-01-01", "1111-11-11", "9999-12-31")
)
_STREETS: Final = {
    "street": "st", "strasse": "str", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln", "drive": "dr",
    "boulevard": "blvd", "place": "pl", "court": "ct", "square": "sq", "close": "cl", "crescent": "cres",
    "terrace": "ter", "highway": "hwy", "parkway": "pkwy", "circle": "cir", "north": "n", "south": "s", "east": "e",
    "west": "w", "apartment": "apt", "flat": "apt", "suite": "ste", "saint": "st",
}  # fmt: skip
_SHARED_MAILBOX = re.compile(
    r"the[a-z]{3,}s|(?:.+[._-])?(?:family|fam|familie|famille|familia|famiglia)(?:[._-].+)?"
    r"|info|office|contact|kontakt|hello|sales|admin|team|home"
)
SEVERAL_CONTACTS = "a record without a name has several of them"
SHARED_MAILBOX = "a family or a firm shares this mailbox"
_NUMBER = re.compile(r"\d+[a-z]?")
_STRASSE = re.compile(r"(?<=[a-z]{3})strasse$")


def is_field(name: str) -> bool:
    """Whether a comparison may name it."""
    return name in FIELDS or (name.startswith(TRAIT) and len(name) > len(TRAIT))


def is_key_part(name: str) -> bool:
    """Whether a block may name it: a field, or a part of one such as birth_date.year."""
    if is_field(name) and not name.startswith(TRAIT):
        return True
    field, dot, part = name.rpartition(".")
    return name.startswith(TRAIT) if not (dot and part in _PARTS) else is_field(field)


def values_of(
    fields: Fields, *, traits: Iterable[str] = (), muted: AbstractSet[tuple[int, str]] = frozenset()
) -> Values:
    """All that a record says, in compared form. `traits`: those that take part, as traits.x.

    `muted` are (kind, hash) of identifiers that say nothing here: generic ones, or those several people share.
    """
    found: dict[str, Iterable[str]] = {}
    _add_names(fields, found)
    muted = muted | shared_contacts(fields).keys()
    birth = fields.scalar("birth_date")
    if birth and str(birth) not in _NO_BIRTH:
        found["birth_date"] = (str(birth),)
    address = fields.scalar("address")
    if isinstance(address, dict):
        _add_place(address, found)
    for name, kind in KINDS.items():
        if fields.values.get(name):
            found[name] = _contacts(fields, kind, muted, former=bool(found["given_name"]))
    for trait in traits:
        found[trait] = _trait(fields.scalar(trait))
    return {name: values for name, given in found.items() if (values := _some(given))}


def _some(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, tuple) and len(given) == 1:
        return given if given[0] else ()
    values = [value for value in given if value]
    return tuple(dict.fromkeys(values))[:VALUES_MAX] if len(values) > 1 else tuple(values)


def _add_names(fields: Fields, found: dict[str, Iterable[str]]) -> None:
    given, suffix = _words_of(fields.scalar("given_name"))
    family, other_suffix = _words_of(fields.scalar("family_name"))
    found["given_name"] = given[:1]
    found["middle_name"] = (" ".join(given[1:]),)
    found["family_name"] = (" ".join(family),)
    found["suffix"] = (suffix or other_suffix,)
    found["full_name"] = (" ".join(sorted((*given[:1], *family))),) if given and family else ()


@lru_cache(maxsize=CACHED_NAMES)
def _words_of(name: object) -> tuple[tuple[str, ...], str]:
    """Words of a name without titles and fillers, and its suffix."""
    words = fold(name).split() if isinstance(name, str) else []
    suffix = ""
    if len(words) > 1 and words[-1] in _SUFFIXES:
        suffix = _SUFFIXES[words.pop()]
    kept = tuple(word for word in words if word not in TITLES)
    return (() if " ".join(kept) in FILLERS else kept), suffix


def _add_place(address: dict[str, Any], found: dict[str, Iterable[str]]) -> None:
    lines = fold(" ".join(str(address.get(line) or "") for line in ("line1", "line2"))).split()
    words = [_STREETS.get(word, word) for word in (_STRASSE.sub("str", word) for word in lines)]
    numbers = [word for word in words if _NUMBER.fullmatch(word)]
    found["address"] = (" ".join(words),)
    found["house_number"] = numbers[:1]
    found["street"] = (" ".join(word for word in words if word not in numbers),)
    for part in ("city", "region", "country"):
        found[part] = (fold(str(address.get(part) or "")),)
    found["postcode"] = (fold(str(address.get("postcode") or "")).replace(" ", ""),)


def _contacts(
    fields: Fields, kind: int, muted: AbstractSet[tuple[int, str]], *, former: bool
) -> Iterator[str]:
    """Present values that are not muted, and former ones; those that mean something in one source only by their hash."""
    said = [*fields.current(kind), *(fields.former(kind) if former else ())]
    for value, hash_ in sorted(said):
        if (kind, hash_) in muted:
            continue
        if kind in kinds.SCOPED_TO_SOURCE:
            yield hash_
        else:
            yield mailbox_key(value) if kind == kinds.EMAIL else value


def shared_contacts(fields: Fields) -> dict[tuple[int, str], str]:
    """(kind, hash) of contacts that do not say whose a record without a name, card or account is, and why.

    Several e-mails or telephones under one payment token are a couple's; a family's or a firm's mailbox is anybody's.
    """
    if fields.scalar("given_name") or any(fields.current(kind) for kind in kinds.SURE):
        return {}
    found: dict[tuple[int, str], str] = {}
    for kind in (kinds.EMAIL, kinds.PHONE):
        said = fields.values.get(kinds.NAMES[kind], {})
        for value, (hash_, _, _) in said.items():
            if len(said) > 1:
                found[kind, hash_] = SEVERAL_CONTACTS
            elif kind == kinds.EMAIL and _SHARED_MAILBOX.fullmatch(value.partition("@")[0]):
                found[kind, hash_] = SHARED_MAILBOX
    return found


def mailbox_key(address: str) -> str:
    """An e-mail address as its provider delivers it: Gmail knows no dots and nobody's +tag."""
    mailbox, _, domain = address.partition("@")
    mailbox = mailbox.partition("+")[0] or mailbox
    if domain in ("gmail.com", "googlemail.com"):
        return f"{mailbox.replace('.', '')}@gmail.com"
    return f"{mailbox}@{domain}"


def _trait(value: Any) -> list[str]:
    if value is None or isinstance(value, dict):
        return []
    many = value if isinstance(value, list | tuple) else [value]
    return sorted(fold(str(one)) for one in many)


_PARTS: Final[dict[str, Callable[[str], Iterable[str]]]] = {
    "sound": lambda value: (sound(value),),
    "formal": formal,
    "first": lambda value: (value.partition(" ")[0],),
    "last": lambda value: (value.rpartition(" ")[2],),
    "start1": lambda value: (value[:1],),
    "start3": lambda value: (value[:3],),
    "start4": lambda value: (value[:4],),
    "year": lambda value: (value[:4],),
    "month": lambda value: (value[:7],),
    "day": lambda value: (value[5:],),
    "area": lambda value: (value[:-3] if len(value) > 4 else value,),
    "mailbox": lambda value: (value.partition("@")[0],),
    "words": lambda value: value.split(),
}
"""Parts of a value that records may be brought together by; all but `start…` need no more than a glance."""


def part_values(values: Values, name: str) -> list[str]:
    """The values of a field or of a part of one, in order."""
    if name in values:
        return list(values[name])
    field, _, part = name.rpartition(".")
    if part not in _PARTS:
        return []
    return sorted({made for value in values.get(field, ()) for made in _PARTS[part](value) if made})


def keys_of(values: Values, blocks: Iterable[tuple[str, ...]]) -> list[str]:
    """The blocking keys of a record: for each block the number, then a value of each part. None where one lacks."""
    keys = []
    for number, block in enumerate(blocks):
        choices = [part_values(values, name) for name in block]
        for found, chosen in enumerate(product(*choices)):
            if found == KEYS_PER_BLOCK_MAX:
                break
            keys.append("\x1f".join((str(number), *chosen)))
    return keys


class Compared(Struct, frozen=True, gc=False):
    """A record as it is compared: all its values, and one for each comparison of the model (None: nothing known).

    `known` has a bit for each comparison of which something is known.
    """

    values: Values
    by_comparison: tuple[Any, ...]
    known: int
