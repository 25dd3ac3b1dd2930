"""Card numbers never enter: found by network prefix, that network's length and the Luhn check.

Fields that hold ids, SKUs, barcodes and receipts are exempt, and so are loyalty cards within ranges the
retailer declared; everything else, free text and numbers included, is searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec

MARK = "[card number removed]"
_SEPARATOR = r"(?:[ .+\-]|%20)?"
_RUN = re.compile(rf"(?<!\d)\d(?:{_SEPARATOR}\d){{11,}}")
_RUN_BYTES = re.compile(rf"\d(?:{_SEPARATOR}\d){{11,}}".encode())
_GROUP = re.compile(r"\d+")

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
    """id sku barcode ean gtin upc receipt original_receipt line_id original_line_id external_id anonymous_id
    device store till staff reference code original_store original_till""".split()
)
DEPTH_MAX = 40


def is_card_number(digits: str) -> bool:
    """Whether digits have a network's prefix, that network's length, and pass the Luhn check."""
    return any(
        len(digits) in lengths and low <= int(digits[: len(str(low))]) <= high for low, high, lengths in _NETWORKS
    ) and _luhn(digits)


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def scrub_text(text: str) -> str:
    """The text with every card number replaced by a mark."""
    return _RUN.sub(_replace, text)


def _replace(found: re.Match[str]) -> str:
    """Try every stretch of whole digit groups, the longest first; a number may stand beside other digits."""
    run = found.group()
    groups = [(m.start(), m.end()) for m in _GROUP.finditer(run.replace("%20", "%xx"))][:24]
    for width in range(len(groups), 0, -1):
        for first in range(len(groups) - width + 1):
            part = groups[first : first + width]
            if is_card_number("".join(run[a:b] for a, b in part)):
                head, tail = run[: part[0][0]], run[part[-1][1] :]
                return scrub_text(head) + MARK + scrub_text(tail)
    return run


def scrub_json(raw: bytes, loyalty_ranges: Sequence[tuple[str, str]] = ()) -> bytes:
    """A JSON text without card numbers; the very same bytes where there is nothing to remove.

    `loyalty_ranges`: (lowest, highest) digit strings of the retailer's own cards. Raises
    msgspec.DecodeError where the text is no JSON.
    """
    if not _RUN_BYTES.search(raw) and b"\\u" not in raw:
        return raw
    value = msgspec.json.decode(raw)
    clean = _walk(value, "", loyalty_ranges, 0)
    return raw if clean == value else msgspec.json.encode(clean)


def _walk(value: Any, key: str, ranges: Sequence[tuple[str, str]], depth: int) -> Any:
    if depth > DEPTH_MAX:
        return None
    if isinstance(value, dict):
        return {scrub_text(k): _walk(v, k, ranges, depth + 1) for k, v in value.items()}
    if isinstance(value, list):
        return [_walk(item, key, ranges, depth + 1) for item in value]
    if isinstance(value, str):
        return value if _exempt(key, value, ranges) else scrub_text(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= 10**11:
        exempt = key.endswith("_minor") or _exempt(key, str(value), ranges)
        return value if exempt or not is_card_number(str(abs(int(value)))) else MARK
    return value


def _exempt(key: str, value: str, ranges: Sequence[tuple[str, str]]) -> bool:
    if key == "loyalty_card":
        return any(len(value) == len(low) and low <= value <= high for low, high in ranges)
    return key in _EXEMPT or key.endswith(("_id", "Id", "_token_id"))
