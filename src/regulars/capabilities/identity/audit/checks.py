"""Judge one value of a known meaning: its form for comparing, or why it cannot be used."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec import Struct

from regulars.capabilities.identity import normalise

from . import dates
from .meanings import Meaning, is_payment_card

FILLER: Final = "stands for nothing known"
_TITLE: Final = "is only a title or a stand-in"
AGE_YEARS_MAX: Final = 110
_SCIENTIFIC: Final = re.compile(r"\d([.,]\d+)?E\+?\d{1,3}", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\d", re.ASCII)
_POSTCODES: Final = {
    "GB": re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}"),
    "US": re.compile(r"\d{5}(-?\d{4})?"),
    "NL": re.compile(r"\d{4} ?[A-Z]{2}"),
    **dict.fromkeys(("DE", "FR", "ES", "IT"), re.compile(r"\d{5}")),
    **dict.fromkeys(("AT", "BE", "CH", "DK"), re.compile(r"\d{4}")),
}
_FIVE_DIGITS: Final = frozenset({"US", "DE", "FR", "ES", "IT"})
_MISSPELT: Final = frozenset(
    """gmial.com gmai.com gmail.co gmail.con gmaill.com gamil.com gnail.com hotmial.com hotmail.con hotmai.com
    hotnail.com yahoo.con yaho.com yahooo.com outlok.com outlook.con iclould.com icloud.con gmx.ed""".split()
)


class Setting(Struct, frozen=True):
    """What a value is read with: `region` (ISO 3166) for phones and postcodes, the day it is, the order of dates."""

    region: str
    today: date
    day_first: bool = True


class Verdict(Struct, frozen=True, gc=False):
    """`normal` is the form for comparing, None when the value is of no use; then `reason` says why.

    `order` is how a date was written. `doubt` is a reason that does not make the value useless.
    """

    normal: str | None
    reason: str = ""
    order: str = ""
    doubt: str = ""


def check(meaning: Meaning, text: str, setting: Setting) -> Verdict:
    """Judge a text that is not blank."""
    judge = _CHECKS.get(meaning)
    if judge is None:
        return Verdict(text.strip())
    return judge(text.strip(), setting)


def _email(text: str, _setting: Setting) -> Verdict:
    found = normalise.email(text)
    if found is not None:
        misspelt = found.rsplit("@", 1)[1] in _MISSPELT or found.endswith(".con")
        return Verdict(found, doubt="the domain looks misspelt" if misspelt else "")
    return Verdict(None, _email_fault(text))


def _email_fault(text: str) -> str:
    if normalise.is_filler(text):
        return FILLER
    mailbox, at, domain = text.rpartition("@")
    if not at:
        return "has no @"
    if "@" in mailbox:
        return "holds several addresses" if re.search(r"[;,\s/]", text) else "has more than one @"
    if re.search(r"\s", text):
        return "has a space inside"
    if "." not in domain:
        return "the part after @ has no dot"
    # What is in order so far was refused for its content.
    in_order = re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)*\.\w{2,}", text)
    return FILLER if in_order else "is malformed"


def _phone(text: str, setting: Setting) -> Verdict:
    found = normalise.phone(text, setting.region)
    return Verdict(found) if found is not None else Verdict(None, _phone_fault(text, setting.region))


def _phone_fault(text: str, region: str) -> str:
    digits = "".join(_DIGITS.findall(text))
    last = digits[-8:]
    run = len(last) == 8 and (last in "01234567890123456789" or last in "98765432109876543210")
    tests = (
        (normalise.is_filler(text), FILLER),
        (_SCIENTIFIC.fullmatch(text), "digits lost by a spreadsheet"),
        (not digits, "has no digits"),
        (run or (len(digits) > 4 and len(set(digits[-7:])) == 1), FILLER),
        (any(one.isalpha() for one in text), "has letters"),
        (len(digits) < 7, "is too short"),
        (len(digits) > 15, "is too long"),
    )
    return next((reason for true, reason in tests if true), f"is impossible in {region}")


def _id(text: str, _setting: Setting) -> Verdict:
    if normalise.is_filler(text):
        return Verdict(None, FILLER)
    if _SCIENTIFIC.fullmatch(text):
        return Verdict(None, "digits lost by a spreadsheet")
    return Verdict(None, "has over 200 characters") if len(text) > 200 else Verdict(text)


def _payment_card(text: str, _setting: Setting) -> Verdict:
    return Verdict(None, "is a payment card number") if is_payment_card(text) else Verdict(text)


def _given(text: str, setting: Setting) -> Verdict:
    found = normalise.given_name(text)
    name = _name(text, setting)
    return name if name.normal is None else Verdict(found, "" if found else _TITLE, doubt=name.doubt)


def _name(text: str, _setting: Setting) -> Verdict:
    if normalise.is_filler(text):
        return Verdict(None, FILLER)
    if "@" in text:
        return Verdict(None, "is an e-mail address")
    folded = normalise.fold(text)
    if not folded:
        return Verdict(None, "has no letters")
    if not any(one.isalpha() for one in folded):
        return Verdict(None, "is a number")
    return Verdict(folded, doubt="has digits" if _DIGITS.search(text) else "")


def _birth_date(text: str, setting: Setting) -> Verdict:
    found = _date(text, setting)
    if found.normal is None:
        return found
    value = date.fromisoformat(found.normal)
    if value > setting.today:
        return Verdict(None, "is in the future", found.order)
    if setting.today.year - value.year > AGE_YEARS_MAX:
        return Verdict(None, f"is over {AGE_YEARS_MAX} years ago", found.order)
    return found


def _date(text: str, setting: Setting) -> Verdict:
    if normalise.is_filler(text):
        return Verdict(None, FILLER)
    found = dates.read_date(text, day_first=setting.day_first, today=setting.today)
    order = found.order or ""
    return Verdict(found.value.isoformat(), "", order) if found.value else Verdict(None, found.reason, order)


def _postcode(text: str, setting: Setting) -> Verdict:
    if normalise.is_filler(text):
        return Verdict(None, FILLER)
    code = text.upper()
    form = _POSTCODES.get(setting.region)
    if form is None or form.fullmatch(code):
        return Verdict(code)
    if setting.region in _FIVE_DIGITS and re.fullmatch(r"\d{4}", code):
        return Verdict(None, "lacks a digit: a leading zero may be lost")
    return Verdict(code, doubt=f"is not a postcode of {setting.region}")


def _country(text: str, _setting: Setting) -> Verdict:
    code = text.upper()
    return Verdict(code) if code in normalise.regions() else Verdict(None, "is not a code of two letters")


_CHECKS: Final[dict[Meaning, Callable[[str, Setting], Verdict]]] = {
    "email": _email,
    "phone": _phone,
    "external_id": _id,
    "loyalty_card": _id,
    "payment_token": _payment_card,
    "payment_card": _payment_card,
    "given_name": _given,
    "family_name": _name,
    "full_name": _name,
    "birth_date": _birth_date,
    "date": _date,
    "postcode": _postcode,
    "country": _country,
}
