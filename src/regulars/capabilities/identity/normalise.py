"""Customer details in the one form they are compared in.

Names are folded to ASCII lower case, e-mails lower-cased, phones turned into E.164. A value that cannot be
an identifier (malformed, or a filler such as test@test.com) gives None and never identifies anybody.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from anyascii import anyascii

_EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,63}")
_E164 = re.compile(r"\+[1-9]\d{7,14}")
_PHONE_NOISE = re.compile(r"[\s()./-]+")
_APOSTROPHE = re.compile(r"['`]")
_NOT_WORD = re.compile(r"[^a-z0-9]+")
TITLES = frozenset("mr mrs ms miss mx dr prof sir madam herr frau m mme".split())

FILLERS = frozenset(
    """0 00 000 0000 00000 000000 -1 1 - -- . x xx xxx na n/a n.a. nil null none undefined nan empty unknown anonymous
    guest test tester testing dummy default customer user cash walk-in walkin admin false true [object object]""".split()
) | {"walk in", "no name", "not given", "not provided", "[object object]"}

_FILLER_MAILBOXES = frozenset(
    """test none noemail no-email noreply no-reply na null nomail no email example a aa aaa abc asd asdf x xx xxx
    unknown customer anonymous guest fake dummy nobody""".split()
)
_FILLER_DOMAINS = frozenset(
    "test.com none.com noemail.com nomail.com na.com example.test a.com aa.com abc.com".split()
)


def is_filler(value: str) -> bool:
    """Whether a value is what programs and hurried staff put where nothing is known."""
    return value.strip().casefold() in FILLERS


def email(value: str) -> str | None:
    """An e-mail address in lower case, or None when it is malformed or a filler."""
    text = value.strip().lower()
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        return None
    mailbox, domain = text.rsplit("@", 1)
    if domain in _FILLER_DOMAINS or (mailbox in _FILLER_MAILBOXES and domain.startswith(mailbox)):
        return None
    if mailbox in ("test", "none", "noemail", "no-email", "noreply", "no-reply", "nomail"):
        return None
    return text


@lru_cache(maxsize=1)
def regions() -> dict[str, int]:
    """The countries (ISO 3166) whose phone numbers can be read, with their calling codes."""
    return {
        code: phonenumbers.country_code_for_region(code) for code in sorted(phonenumbers.SUPPORTED_REGIONS)
    }


def phone(value: str, region: str) -> str | None:
    """A phone number in E.164, read in `region` (ISO 3166) when it has no prefix; None when impossible."""
    text = _PHONE_NOISE.sub("", value.strip())
    if _E164.fullmatch(text) and not text.startswith(("+440", "+490", "+330")):
        number = text
    else:
        parsed = _parse_phone(value.strip()[:40], region)
        if parsed is None:
            return None
        number = parsed
    return None if _is_filler_number(number) else number


@lru_cache(maxsize=50_000)
def _parse_phone(value: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _is_filler_number(number: str) -> bool:
    tail = number[-8:]
    return len(set(tail)) == 1 or tail in "01234567890123456789" or tail in "98765432109876543210"


CACHED_NAMES = 1 << 14
"""Names come again and again."""


def fold(value: str) -> str:
    """Letters and digits of a text in ASCII lower case, words apart by one space; O'Neil is one word."""
    text = value if value.isascii() else anyascii(value)
    if text.isalnum():
        return text.lower()
    return _NOT_WORD.sub(" ", _APOSTROPHE.sub("", text.lower())).strip()


@lru_cache(maxsize=CACHED_NAMES)
def given_name(value: str) -> str | None:
    """The first given name, folded, titles dropped; a lone letter is an initial. None when there is none."""
    for word in fold(value).split():
        if word not in TITLES and word not in FILLERS:
            return word
    return None


def name_words(*names: str | None) -> set[str]:
    """Words of names and their prefixes from three letters, for search by keyed hash."""
    words: set[str] = set()
    for name in names:
        for word in fold(name or "").split()[:6]:
            words.add(word)
            words.update(word[:n] for n in range(3, min(len(word), 12)))
    return words
