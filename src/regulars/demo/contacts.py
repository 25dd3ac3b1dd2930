"""Contact details nobody owns, and the ways people and staff get them wrong.

E-mail addresses lie under the reserved names example.com, example.org, example.net and `.example`.

Phone numbers come from Ofcom's ranges for drama (07700 900xxx; 020 7946 0xxx and its sisters in other towns) and
from Arcep's for France (06 39 98 xx xx, 03 53 01 xx xx, 01 99 00 xx xx). Those hold 1,000 numbers each, so when one is used up the
numbers go on, in a fixed order, in the parts of the British plan that are reserved and assigned to nobody: 06 for
mobiles and 04 for landlines. Like the drama mobiles, these are numbers of a possible length that no register calls
valid. Postcodes end in letters that Royal Mail never uses there (C I K M O V), or begin with 99 in France.
"""

from __future__ import annotations

from functools import lru_cache
from random import Random
from typing import Final

from anyascii import anyascii

DOMAINS: Final = (
    "example.com", "example.com", "example.com", "example.org", "example.org", "example.net", "post.example",
    "mail.example", "inbox.example", "letters.example",
)  # fmt: skip
DRAMA_MOBILE: Final = {"GB": ("+447700900", 3), "FR": ("+3363998", 4)}
UNASSIGNED_MOBILE: Final = "+446"
UNASSIGNED_LANDLINE: Final = "+444"
FICTIONAL_PREFIXES: Final = (
    "+447700900", "+442079460", "+441134960", "+441144960", "+441154960", "+441164960", "+441174960", "+441184960",
    "+441214960", "+441314960", "+441414960", "+441514960", "+441614960", "+441914980", "+442896496", "+442920180",
    "+441632960", "+3363998", "+3335301", "+3319900", UNASSIGNED_MOBILE, UNASSIGNED_LANDLINE,
)  # fmt: skip
"""Every number of the demo begins with one of these, apart from FILLER_PHONES."""

ADDRESSES_REMEMBERED_MAX: Final = 200_000
"""So many addresses are looked up before another is handed out; afterwards each new one gets a number of its own."""

FILLER_EMAILS: Final = ("test@test.com", "noemail@example.com", "none@none.example")
FILLER_PHONES: Final = ("0000000000", "+440000000000")
"""What staff type to get past a mandatory field. The demo never writes to any address."""

_NEIGHBOURS: Final = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "r": "t", "s": "a", "t": "y", "u": "i", "v": "b", "w": "e",
    "y": "u", "z": "x",
}  # fmt: skip


@lru_cache(maxsize=20_000)
def folded(name: str) -> str:
    """A name as it appears in a mail address: lower-case ASCII letters only."""
    return "".join(letter for letter in anyascii(name).lower() if letter.isalpha())


class Contacts:
    """Hands out addresses and numbers, each once. The order of calls decides who gets which.

    Holds at most ADDRESSES_REMEMBERED_MAX addresses, about 40 MB, however many it hands out.
    """

    def __init__(self) -> None:
        self._emails: dict[str, int] = {}
        self._serial = ADDRESSES_REMEMBERED_MAX
        self._used: dict[str, int] = {}

    def email(self, rng: Random, given: str, family: str, year: int) -> str:
        """An address of one person, in one of the usual patterns; a taken one gets a number."""
        pick, domain = rng.random(), DOMAINS[int(rng.random() * len(DOMAINS))]
        first, last = folded(given), folded(family)
        if pick < 0.55:
            local = f"{first}.{last}"
        elif pick < 0.75:
            local = f"{first[:1]}{last}"
        elif pick < 0.9:
            local = f"{first}{last}{year % 100:02d}"
        else:
            local = f"{last}_{first}"
        return self._once(local, domain)

    def household_email(self, family: str, domain: str) -> str:
        """An address a family shares."""
        return self._once(f"the{folded(family)}s", domain)

    def _once(self, local: str, domain: str) -> str:
        if len(self._emails) >= ADDRESSES_REMEMBERED_MAX:
            self._serial += 1
            return f"{local}.{self._serial}@{domain}"
        address = f"{local}@{domain}"
        taken = self._emails.get(address, 0)
        self._emails[address] = taken + 1
        if not taken:
            return address
        return self._once(f"{local}.{taken + 1}", domain)

    def mobile(self, country: str) -> str:
        """A mobile number in international form."""
        prefix, digits = DRAMA_MOBILE[country]
        return self._number(prefix, digits, UNASSIGNED_MOBILE)

    def landline(self, prefix: str, digits: int = 3) -> str:
        """A landline of the town whose drama range begins with `prefix`."""
        return self._number(prefix, digits, UNASSIGNED_LANDLINE)

    def _number(self, prefix: str, digits: int, overflow: str) -> str:
        used = self._used.get(prefix, 0)
        if used < 10**digits:
            self._used[prefix] = used + 1
            return f"{prefix}{(used * 387) % 10**digits:0{digits}d}"
        used = self._used.get(overflow, 0)
        self._used[overflow] = used + 1
        return f"{overflow}{(used * 386_999_993 + 100_000_000) % 10**9:09d}"


def typo(rng: Random, text: str) -> str:
    """One slip of the finger: two letters swapped, one doubled, one left out, or the key beside it."""
    letters = [place for place, letter in enumerate(text) if letter.isalpha()]
    if len(letters) < 3:
        return text
    at = letters[1 + int(rng.random() * (len(letters) - 1))]
    kind = int(rng.random() * 4)
    if kind == 0 and text[at - 1].isalpha():
        return text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1 :]
    return text[:at] + _NEIGHBOURS.get(text[at].lower(), "e") + text[at + 1 :]


def email_typo(rng: Random, address: str) -> str:
    """A mistyped address; it stays under the reserved names."""
    local, _, domain = address.partition("@")
    if domain.endswith(".example") and rng.random() < 0.3:
        return f"{local}@{typo(rng, domain.removesuffix('.example'))}.example"
    if domain.startswith("example.") and rng.random() < 0.2:
        return f"{local}@example.{'org' if domain.endswith('com') else 'com'}"
    return f"{typo(rng, local)}@{domain}"


def phone_typo(rng: Random, number: str) -> str:
    """Another last digit, which may well be somebody else's number."""
    return number[:-1] + str((int(number[-1]) + 1 + int(rng.random() * 9)) % 10)


def phone_as_written(rng: Random, number: str) -> str:
    """The same number as people write it: with spaces, with 0 instead of the country, with 00, plain."""
    country = "33" if number.startswith("+33") else "44"
    national = number[1 + len(country) :]
    pick = int(rng.random() * 6)
    if pick == 0:
        return f"0{national}"
    if pick == 1:
        return f"0{national[:4]} {national[4:]}"
    if pick == 2:
        return f"+{country} {national[:4]} {national[4:7]} {national[7:]}"
    if pick == 3:
        return f"00{country}{national}"
    if pick == 4:
        return f"0{national[:3]}-{national[3:6]}-{national[6:]}"
    return number
