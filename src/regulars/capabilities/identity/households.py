"""Households: profiles that share a home or a contact. Evidence beside the profiles, never a reason to merge them.

A record has a household key for its address with the sound of the family name, and one for each present e-mail and
phone. Profiles that share keys, directly or through others, are one household, unless they are too many: that is a
hostel, an office or the shop's own telephone. What comes out depends on the live records alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import IntEnum
from typing import Final

from msgspec import Struct, field

from . import kinds
from .compared import Values, mailbox_key
from .sound import sound
from .state import Fields

PROFILES_MAX: Final = 12
"""A key that more profiles carry makes no household, and a household of more is none."""
RECORDS_MAX: Final = 100
"""A key that more records carry makes no household."""
_TIE_BITS: Final = 2


class Tie(IntEnum):
    """What a household key stands for; it is in the lowest bits of the key."""

    ADDRESS = 0
    EMAIL = 1
    PHONE = 2


def tie_of(key: int) -> Tie:
    """What a household key stands for."""
    return Tie(key & ((1 << _TIE_BITS) - 1))


def household_keys(fields: Fields, values: Values, hash_: Callable[..., str]) -> list[int]:
    """The household keys of a record, in order: keyed hashes, 64 bits with a sign. `values`: see `values_of`.

    Without a postcode, a first line or a family name an address ties nobody. Replaced contacts do not count.
    """
    found: set[tuple[Tie, str]] = set()
    address, postcode, family = (values.get(name) for name in ("address", "postcode", "family_name"))
    if address and postcode and family and (heard := sound(family[0])):
        found.add((Tie.ADDRESS, "\x1f".join((address[0], postcode[0], heard))))
    found.update((Tie.EMAIL, mailbox_key(value)) for value, _ in fields.current(kinds.EMAIL))
    found.update((Tie.PHONE, value) for value, _ in fields.current(kinds.PHONE))
    return sorted(_key(tie, hash_("household", tie.name, text)) for tie, text in found)


def _key(tie: Tie, hashed: str) -> int:
    return (int(hashed[:16], 16) - 2**63) & -(1 << _TIE_BITS) | tie


class Circle(Struct):
    """A household in the making, from one profile on: ask `unread`, `read` them, ask `unheard`, `hear` them, repeat.

    `profiles`: the keys of each profile read; `carriers`: of each key heard of, the profiles that carry it, none
    where they or their records are too many.
    """

    start: str
    profiles: dict[str, frozenset[int]] = field(default_factory=dict)
    carriers: dict[int, frozenset[str]] = field(default_factory=dict)

    @property
    def reached(self) -> set[str]:
        """All profiles reached by now."""
        return {self.start}.union(*self.carriers.values())

    @property
    def too_many(self) -> bool:
        """Whether so many hang together that it is no household."""
        return len(self.reached) > PROFILES_MAX

    def unread(self) -> list[str]:
        """Profiles whose keys are needed; none once they are too many."""
        return [] if self.too_many else sorted(self.reached - self.profiles.keys())

    def read(self, profile: str, keys: Iterable[int]) -> None:
        """Take in the keys of all records of a profile."""
        self.profiles[profile] = frozenset(keys)

    def unheard(self) -> list[int]:
        """Keys whose carriers are needed."""
        return sorted(frozenset().union(*self.profiles.values()) - self.carriers.keys())

    def hear(self, key: int, records: Mapping[str, str]) -> None:
        """Take in which records carry a key, and the profile of each; of many, one more than may be is enough."""
        profiles = frozenset(records.values())
        crowded = len(records) > RECORDS_MAX or len(profiles) > PROFILES_MAX
        self.carriers[key] = frozenset() if crowded else profiles

    def members(self) -> dict[str, list[Tie]]:
        """The profiles of the household in order, each with what ties it to another of them; alone it is one."""
        if self.too_many:
            return {self.start: []}
        return {
            profile: sorted({tie_of(key) for key in keys if len(self.carriers.get(key, ())) > 1})
            for profile, keys in sorted(self.profiles.items())
        }


def household_id(profiles: Iterable[str], hash_: Callable[..., str]) -> str:
    """The id of a household: a keyed hash of its smallest profile's id.

    Of the profile and not of a key, as somebody without any key has a household of one.
    """
    return hash_("household", "id", min(profiles))
