"""Card numbers never enter: found by network prefix, that network's length and the Luhn check.

Fields that hold ids, SKUs, barcodes and receipts are exempt, and so are loyalty cards within ranges the
retailer declared; everything else, free text and numbers included, is searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

MARK = "[card number removed]"
_SEPARATORS = r"(?:[ \t.+_/\u00a0\u2007\u2009\u202f\u2010-\u2015-]|%20|%2[BDFbdf]){0,3}"
_RUN = re.compile(rf"(?<!\d)\d(?:{_SEPARATORS}\d){{11,}}")
_DIGITS = re.compile(r"[0-9]{12,}")
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_SEPARATOR_CHARACTER = re.compile("[ \t.+_/\u00a0\u2007\u2009\u202f\u2010-\u2015-]")
_RUN_DIGITS_MAX = 60
_DIGITS_ALONE = bytes(n if chr(n) in "0123456789" else ord(" ") for n in range(256))
_ASCII = bytes(range(128))
_ZEROS_ALONE = bytes(ord("0") if chr(n) in "0123456789" else ord(" ") for n in range(256))
_ASCII_SEPARATORS = b" \t.+_/-"
_GROUP = re.compile(r"\d+")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PHONE = re.compile(r"\s*\+(?:[ ()./-]*\d){7,13}\s*")

# (low prefix, high prefix, lengths) of the card networks' issuer ranges (ISO/IEC 7812).
_NETWORKS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4, 4, frozenset({13, 16, 19})),
    (51, 55, frozenset({16})),
    (2221, 2720, frozenset({16})),
    (34, 34, frozenset({15})),
    (37, 37, frozenset({15})),
    (6011, 6011, frozenset(range(16, 20))),
    (644, 649, frozenset(range(16, 20))),
    (65, 65, frozenset(range(16, 20))),
    (62, 62, frozenset(range(16, 20))),
    (300, 305, frozenset({14})),
    (3095, 3095, frozenset({14})),
    (36, 36, frozenset(range(14, 20))),
    (38, 39, frozenset({14})),
    (3528, 3589, frozenset(range(16, 20))),
    (2200, 2204, frozenset(range(16, 20))),
    (5018, 5018, frozenset(range(12, 20))),
    (5020, 5020, frozenset(range(12, 20))),
    (5038, 5038, frozenset(range(12, 20))),
    (5893, 5893, frozenset(range(12, 20))),
    (6304, 6304, frozenset(range(12, 20))),
    (6759, 6759, frozenset(range(12, 20))),
    (6761, 6763, frozenset(range(12, 20))),
)
_EXEMPT = frozenset(
    """id sku barcode ean ean13 gtin gtin13 gtin14 upc isbn receipt original_receipt line_id original_line_id
    external_id anonymous_id device store till staff reference code original_store original_till""".split()
)
# Of commands of ours: ids of records, decisions and holds, and of whoever says it. Digits of theirs may look like a card.
_OWN = frozenset(
    """decision.pairs decision.undoes decision.actor matching.after matching.actor
    loyalty.member loyalty.members loyalty.hold loyalty.actor spends.hold
    loyalty.offers_hold promotions.code""".split()
)
_OWN_ID = re.compile(r"(?:[a-z]+:)?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
# A number in international form in one of these is a phone's: German mobiles have 13 digits and start with 4.
_PHONES = frozenset("phone mobile mobile_phone telephone tel address".split())
_AMOUNT_MAX = 10**12
CARD_DIGITS_MIN = 12
_SHORTEST = b"0" * CARD_DIGITS_MIN
CARD_DIGITS_MAX = 19
DEPTH_MAX = 40


def _networks_by_head() -> dict[str, tuple[tuple[int, int, int, frozenset[int]], ...]]:
    """For the first two digits of a number the ranges it may be in: (digits of the prefix, low, high, lengths)."""
    out: dict[str, tuple[tuple[int, int, int, frozenset[int]], ...]] = {}
    for head in range(100):
        fits = [
            (len(str(low)), low, high, lengths)
            for low, high, lengths in _NETWORKS
            if int(str(low).ljust(2, "0")[:2]) <= head <= int(str(high).ljust(2, "9")[:2])
        ]
        if fits:
            out[f"{head:02}"] = tuple(fits)
    return out


_BY_HEAD = _networks_by_head()


def _possible_start() -> re.Pattern[bytes]:
    """Matches in digits whatever could be the start of a card number, and not much else."""
    starts = []
    for low, high, lengths in _NETWORKS:
        heads = {str(low)} if low == high else {str(number)[:2] for number in range(low, high + 1)}
        starts += [f"{head}[0-9]{{{min(lengths) - len(head)}}}" for head in sorted(heads)]
    return re.compile("|".join(starts).encode())


_POSSIBLE_START = _possible_start()


def is_card_number(digits: str) -> bool:
    """Whether digits have a network's prefix, that network's length, and pass the Luhn check."""
    if not digits.isascii():
        digits = "".join(str(int(digit)) for digit in digits)
    size = len(digits)
    for width, low, high, lengths in _BY_HEAD.get(digits[:2], ()):
        if size in lengths and low <= int(digits[:width]) <= high:
            return _luhn(digits)
    return False


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def scrub_text(text: str) -> str:
    """The text with every card number replaced by a mark; percent-encoded digits are read too."""
    if "%3" in text:
        plain = unquote(text)
        clean = _RUN.sub(_replace, plain)
        if clean != plain:
            return clean
    return _RUN.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    """Try every stretch of whole digit groups, the longest first; a number may stand beside other digits."""
    run = found.group()
    groups = [match.span() for match in _GROUP.finditer(_PERCENT.sub("%xx", run))]
    out, place, first = [], 0, 0
    while first < len(groups):
        last = _card_from(run, groups, first)
        if last is not None:
            out += [run[place : groups[first][0]], MARK]
            place, first = groups[last][1], last
        first += 1
    return "".join([*out, run[place:]])


def _card_from(run: str, groups: list[tuple[int, int]], first: int) -> int | None:
    """The last group of the longest card number that starts with a group, or None."""
    digits, found = "", None
    for index in range(first, len(groups)):
        start, end = groups[index]
        digits += run[start:end]
        if len(digits) > CARD_DIGITS_MAX:
            break
        if is_card_number(digits):
            found = index
    return found


def scrub_json(raw: bytes, loyalty_ranges: Sequence[tuple[str, str]] = ()) -> bytes:
    """A JSON text without card numbers; the very same bytes where there is nothing to remove.

    `loyalty_ranges`: (lowest, highest) digit strings of the retailer's own cards. Raises
    msgspec.DecodeError where the text is no JSON.
    """
    if not _may_hold(raw):
        return raw
    value = msgspec.json.decode(raw)
    clean = _walk(value, "", loyalty_ranges, 0)
    return raw if clean == value else msgspec.json.encode(clean)


def _may_hold(raw: bytes) -> bool:
    """Whether a closer look is needed: enough digits in a row, or writing that could hide them.

    Every event passes here, most of them no further.
    """
    if b"\\" in raw or (b"%" in raw and (b"%2" in raw or b"%3" in raw)):
        return True
    if not raw.isascii():
        # Only its letters beyond ASCII are looked at as text; there are few.
        foreign = raw.translate(None, _ASCII).decode("utf-8", "replace")
        if _FOREIGN_DIGIT.search(foreign):
            return True
        if _SEPARATOR_CHARACTER.search(foreign):
            text = _SEPARATOR_CHARACTER.sub("", raw.decode("utf-8", "replace"))
            return any(map(_hides_card, _DIGITS.findall(text)))
    long = _long_runs(raw)
    if _POSSIBLE_START.search(b" ".join(long)) is None:
        return False
    return any(_hides_card(run.decode()) for run in long)


def _long_runs(raw: bytes) -> list[bytes]:
    """The runs of digits, ASCII separators between them or none, that are long enough for a card number."""
    digits = raw.translate(_DIGITS_ALONE, _ASCII_SEPARATORS)
    marks = digits.translate(_ZEROS_ALONE)
    runs = []
    start = marks.find(_SHORTEST)
    while start >= 0:
        end = marks.find(b" ", start)
        runs.append(digits[start : end if end >= 0 else None])
        start = marks.find(_SHORTEST, end) if end >= 0 else -1
    return runs


def _hides_card(text: str) -> bool:
    """Whether some stretch of a run of digits is a card number; barcodes and long ids mostly are not."""
    if len(text) > _RUN_DIGITS_MAX:
        return True
    return any(
        is_card_number(text[start : start + length])
        for start in range(len(text) - 11)
        if text[start : start + 2] in _BY_HEAD
        for length in range(12, min(CARD_DIGITS_MAX, len(text) - start) + 1)
    )


def _walk(value: Any, key: str, ranges: Sequence[tuple[str, str]], depth: int) -> Any:
    if depth > DEPTH_MAX:
        return None
    if isinstance(value, dict):
        return {scrub_text(k): _walk(v, _place(key, k), ranges, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_walk(item, key, ranges, depth + 1) for item in value]
    if isinstance(value, str):
        return value if _exempt(key, value, ranges) else scrub_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**11:
        exempt = (key.endswith("_minor") and abs(value) < _AMOUNT_MAX) or _exempt(key, str(value), ranges)
        return value if exempt or not is_card_number(str(abs(int(value)))) else MARK
    return value


def _place(parent: str, key: str) -> str:
    """What a field is taken for: the reference of a tender is no id of ours, tills print card numbers there."""
    if (own := f"{parent}.{key}") in _OWN:
        return own
    return "tender_reference" if parent == "tenders" and key == "reference" else key


def _exempt(key: str, value: str, ranges: Sequence[tuple[str, str]]) -> bool:
    if key == "loyalty_card":
        return any(len(value) == len(low) and low <= value <= high for low, high in ranges)
    if key in _PHONES:
        return _PHONE.fullmatch(value) is not None
    if key in _OWN:
        return _OWN_ID.fullmatch(value) is not None
    return key in _EXEMPT or key.endswith(("_id", "Id"))
