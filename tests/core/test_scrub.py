"""No card number passes a door, whatever it hides in; what only looks like one stays."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from regulars.intake.scrub import MARK, is_card_number, scrub_json, scrub_text

VISA = "4111111111111111"
AMEX = "378282246310005"
# (prefix, length) as the networks issue them.
NETWORKS = [
    ("4", 13),
    ("4", 16),
    ("4", 19),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("2720", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("644", 16),
    ("65", 19),
    ("62", 16),
    ("62", 19),
    ("300", 14),
    ("36", 14),
    ("38", 14),
    ("3528", 16),
    ("3589", 16),
    ("2200", 16),
    ("5018", 12),
    ("6759", 16),
    ("6304", 19),
]


def luhn_check_digit(head: str) -> str:
    """The digit that makes `head` + digit pass the Luhn check."""
    doubled = [int(d) * 2 if place % 2 == 0 else int(d) for place, d in enumerate(reversed(head))]
    return str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


@st.composite
def card_numbers(draw: st.DrawFn) -> str:
    prefix, length = draw(st.sampled_from(NETWORKS))
    head = prefix + draw(
        st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1)
    )
    return head + luhn_check_digit(head)


@st.composite
def written_cards(draw: st.DrawFn) -> tuple[str, str]:
    """(digits, the same as somebody may write them)."""
    digits = draw(card_numbers())
    separator = draw(
        st.sampled_from(["", " ", "-", ".", "+", "%20", "  ", " - ", "\u00a0", "\t", "%2B", "/"])
    )
    size = draw(st.sampled_from([4, 1, 6, 19]))
    parts = [digits[at : at + size] for at in range(0, len(digits), size)]
    written = separator.join(parts)
    style = draw(st.sampled_from(["plain", "wide", "percent"]))
    if style == "wide":
        written = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in written)
    elif style == "percent" and separator == "":
        written = "".join(f"%{ord(c):02X}" for c in written)
    return digits, written


def all_texts(value: Any) -> str:
    """Every key and value of a JSON value, digits of any script made plain, one after the other."""
    if isinstance(value, dict):
        return "|".join(f"{all_texts(k)}|{all_texts(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "|".join(map(all_texts, value))
    text = format(value, "f") if isinstance(value, float) else str(value)
    return "".join(str(int(c)) if c.isdecimal() else c for c in text)


def escaped(value: Any) -> bytes:
    """JSON whose texts have every digit written as an escape."""
    plain = json.dumps(value, ensure_ascii=False)
    texts = json.JSONEncoder(ensure_ascii=True)

    def walk(inner: Any) -> str:
        if isinstance(inner, dict):
            return "{" + ",".join(f"{walk(k)}:{walk(v)}" for k, v in inner.items()) + "}"
        if isinstance(inner, list):
            return "[" + ",".join(map(walk, inner)) + "]"
        text = texts.encode(inner)
        return (
            "".join(f"\\u{ord(c):04x}" if c.isdigit() else c for c in text)
            if "\\" not in text and isinstance(inner, str)
            else text
        )

    return walk(json.loads(plain)).encode()


def digits_of(text: str) -> str:
    return "".join(c for c in text if c.isdigit())


plain_text = st.text(
    st.characters(exclude_categories=["Nd", "Cs"], exclude_characters='%+-./ \t\u00a0_"\\'), max_size=12
)
free_keys = st.sampled_from(
    "note comment given_name email phone url loyalty_card text q payload line1".split()
)


@st.composite
def hiding_places(draw: st.DrawFn) -> tuple[str, Any]:
    digits, written = draw(written_cards())
    before, after = draw(plain_text), draw(plain_text)
    text = f"{before}{written}{after}"
    value: Any = draw(
        st.sampled_from(
            [text, f"https://shop.example/?a=b&pan={written}&c=d", int(digits), float(digits), written]
        )
    )
    if isinstance(value, float) and len(digits) > 15:
        value = int(digits)
    for _ in range(draw(st.integers(0, 3))):
        key = draw(free_keys)
        value = draw(st.sampled_from([{key: value}, [value], {key: {"a": 1}, "deep": [value, "b"]}]))
    return digits, {"properties": {draw(free_keys): value}}


@settings(max_examples=300, deadline=None)
@given(hidden=hiding_places(), in_escapes=st.booleans())
@example(hidden=(VISA, {"note": " ".join(map(str, range(1, 30))) + " " + VISA}), in_escapes=False)
@example(hidden=(VISA, {"amount_minor": int(VISA)}), in_escapes=False)
@example(hidden=(VISA, {"tenders": [{"kind": "card", "reference": VISA}]}), in_escapes=False)
@example(hidden=(VISA, {"4111 1111 1111 1111": "as a key"}), in_escapes=True)
def test_no_card_number_survives_wherever_it_hides(hidden: tuple[str, Any], in_escapes: bool) -> None:
    digits, document = hidden
    raw = escaped(document) if in_escapes else json.dumps(document, ensure_ascii=False).encode()
    clean = msgspec.json.decode(scrub_json(raw))
    assert digits not in digits_of(all_texts(clean))


@settings(deadline=None)
@given(card_numbers())
def test_a_card_number_is_known_by_prefix_length_and_check_digit(digits: str) -> None:
    assert is_card_number(digits)
    assert not is_card_number(digits[:-1] + str((int(digits[-1]) + 1) % 10))
    assert scrub_text(f"paid by {digits}, thanks") == f"paid by {MARK}, thanks"


@pytest.mark.parametrize(
    "text",
    [
        "1763806500123456",  # microseconds since 1970
        "2026-11-22 10:15:00",
        "9826300000000000",
        "41111111111111112222333344",  # longer than any card number
        "4111111111111112",  # the check digit does not fit
        "call +44 20 7946 0018 or +1 415 555 2671",
        "SW1A 1AA, 10 Downing Street",
        "",
    ],
)
def test_what_only_looks_like_a_card_number_stays(text: str) -> None:
    assert scrub_text(text) == text
    raw = json.dumps({"note": text}).encode()
    assert scrub_json(raw) == raw


def test_several_numbers_in_one_text_all_go() -> None:
    text = f"first 4111-1111-1111-1111, then {AMEX}; 4111 1111 1111 1111"
    assert scrub_text(text) == f"first {MARK}, then {MARK}; {MARK}"


IDS = """id sku barcode ean gtin receipt original_receipt line_id external_id anonymous_id device store till staff
order_id orderId customer_id code""".split()


@settings(deadline=None)
@given(st.sampled_from(IDS), card_numbers(), st.booleans())
def test_ids_skus_and_barcodes_are_never_touched(key: str, digits: str, nested: bool) -> None:
    document: Any = {"lines": [{key: digits}]} if nested else {key: digits}
    raw = json.dumps(document).encode()
    assert scrub_json(raw) == raw


def test_loyalty_cards_of_declared_ranges_stay_and_others_go() -> None:
    raw = json.dumps({"customer": {"loyalty_card": VISA}}).encode()
    ranges = [("4111110000000000", "4111119999999999")]
    assert scrub_json(raw, ranges) == raw
    assert VISA.encode() not in scrub_json(raw)
    assert VISA.encode() not in scrub_json(raw, [("4222220000000000", "4222229999999999")])


def test_german_mobiles_are_phone_numbers_and_no_cards() -> None:
    number = "+491511234567" + luhn_check_digit("491511234567")
    assert is_card_number(number[1:])
    for key in ("phone", "address"):
        raw = json.dumps({key: number}).encode()
        assert scrub_json(raw) == raw
    assert VISA.encode() not in scrub_json(json.dumps({"phone": "+" + VISA}).encode())


@settings(deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**10), 10**10)
        | st.floats(-1e9, 1e9)
        | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=20,
    )
)
def test_where_there_is_no_card_number_the_very_bytes_stay(value: Any) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode()
    if msgspec.json.decode(scrub_json(raw)) == value:
        assert scrub_json(raw) == raw
    else:
        assert MARK.encode() in scrub_json(raw)


def test_bytes_that_are_no_json_are_said_to_be_none() -> None:
    for raw in (b'{"a": "\\u0034', b"\xff\xfe4111111111111111", b'"\\ud800"', b"4111 1111 1111 1111"):
        with pytest.raises(msgspec.DecodeError):
            scrub_json(raw)


def test_a_long_hostile_text_takes_no_long_time() -> None:
    chance = random.Random(1)
    text = " ".join(str(chance.randrange(10 ** chance.randrange(1, 6))) for _ in range(60_000))
    assert len(scrub_text(text)) > 100_000


@pytest.mark.parametrize(
    "command",
    [
        {"matching": {"model": 2, "after": "909bfa3bcd6211648300162292c53931"}},
        {"decision": {"pairs": [["909bfa3bcd6211648300162292c53931", "0" * 32]]}},
        {"loyalty": {"member": "909bfa3bcd6211648300162292c53931", "spends": []}},
        {"loyalty": {"members": ["909bfa3bcd6211648300162292c53931"]}},
        {"loyalty": {"spends": [{"hold": "909bfa3bcd6211648300162292c53931"}]}},
    ],
)
def test_an_id_of_ours_whose_digits_look_like_a_card_stays_whole(command: dict[str, Any]) -> None:
    raw = msgspec.json.encode(command)
    assert scrub_json(raw, ()) == raw


def test_a_card_number_in_the_reason_of_a_command_goes() -> None:
    raw = msgspec.json.encode(
        {"loyalty": {"reason": "paid with 6211648300162292", "actor": "6211648300162292"}}
    )
    assert b"6211648300162292" not in scrub_json(raw, ())
