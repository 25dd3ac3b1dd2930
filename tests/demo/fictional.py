"""Tells made-up contacts from those that could be somebody's."""

from __future__ import annotations

from regulars.demo.contacts import FICTIONAL_PREFIXES, FILLER_EMAILS, FILLER_PHONES


def is_fictional_phone(number: str) -> bool:
    """Whether a number, in whatever form, lies in the ranges above or is a known filler."""
    digits = "".join(letter for letter in number if letter.isdigit() or letter == "+")
    if digits in FILLER_PHONES:
        return True
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    candidates = (digits,) if digits.startswith("+") else (f"+44{digits[1:]}", f"+33{digits[1:]}")
    return any(candidate.startswith(FICTIONAL_PREFIXES) for candidate in candidates)


def is_fictional_email(address: str) -> bool:
    """Whether an address lies under a reserved name or is a known filler."""
    if address.lower() in FILLER_EMAILS:
        return True
    domain = address.lower().rpartition("@")[2]
    return domain in ("example.com", "example.org", "example.net") or domain.endswith(".example")
