"""A programme in sentences: nothing that has an effect goes unsaid, and a comparison shows each change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from regulars.capabilities.loyalty import terms
from regulars.capabilities.loyalty.programme import Programme, parse
from regulars.capabilities.loyalty.saying import Amount
from regulars.capabilities.loyalty.sentences import compare, describe

from .programmes import BASE, TIERS, programme

WHERE = """where = { skus = ["A"], categories = ["B"], brands = ["C"], without_skus = ["D"], without_categories = ["E"], \
without_brands = ["F"], stores = ["G"], channels = ["H"], tenders = ["I"], weekdays = ["mon"], time_from = "10:00", \
time_to = "11:00", date_from = 2026-01-01, date_to = 2026-02-01, tiers = ["base"], minimum_minor = { EUR = 5 } }
"""
FULL = f"""
name = "Full"
time_zone = "Europe/Berlin"
combine = "multiply"
[kinds]
"Gift" = "gift_card"
[members]
who = "enrolled"
sales_before_days = 3
[currencies.EUR]
points = 2
per_minor = 3
credit = 4
credit_per_minor = 5
[[point]]
code = "p"
name = "P"
value.EUR = {{ points = 2, minor = 3 }}
pending_days = 4
expiry = {{ policy = "days", days = 5 }}
reminder_days = [1]
[[point]]
code = "q"
name = "Q"
expiry = {{ policy = "months", months = 5 }}
[[point]]
code = "r"
name = "R"
expiry = {{ policy = "yearly", month_day = "12-31", grace_months = 1 }}
[[earn]]
id = "spend"
point = "p"
rates.EUR = {{ points = 2, per_minor = 3 }}
caps = {{ sale = 5, day = 6, month = 7, lifetime = 8 }}
{WHERE}
[[earn]]
id = "unit"
point = "p"
per = "unit"
points = 5
[[multiplier]]
id = "m"
percent = 200
rules = ["spend"]
{WHERE}
[[multiplier]]
id = "n"
percent = 300
[[bonus]]
id = "b"
point = "p"
on = "birthday"
birthday = "purchase_on_day"
points = 5
once = "month"
{WHERE}
[credit]
of = "points"
point = "p"
[exclude]
tax = true
shipping = false
gift_cards = false
deposits = false
tenders = ["voucher"]
skus = ["A"]
categories = ["B"]
brands = ["C"]
[[tier]]
code = "base"
name = "Base"
[[tier]]
code = "gold"
name = "Gold"
threshold = 5
benefits = ["A"]
[cycle]
months = 5
grace_days = 4
warn_days = 3
upgrade = "same_basket"
down = "one_level"
[redeem]
minimum = 5
step = 5
max_percent = 50
return_grace_days = 3
blocked_in_debt = false
[debt]
policy = "within_balance"
[limits]
points_per_day = 5
card_uses_per_day = 5
adjustment_points = 5
beyond = "wait"
own_card = true
same_referral = true
review_days = 5
unreviewed = "refuse"
[[reward]]
code = "w"
name = "W"
point = "p"
points = 5
kind = "voucher"
value_minor.EUR = 5
cash_minor.EUR = 5
valid_days = 5
tiers = ["gold"]
[[reward]]
code = "x"
name = "X"
point = "p"
points = 5
kind = "percentage"
percent = 5
[[reward]]
code = "y"
name = "Y"
point = "p"
points = 5
kind = "product"
sku = "S"
"""
# The same with what the other choices of window and credit use.
OTHER = (
    FULL.replace("months = 5\ngrace_days", 'window = "calendar_year"\nkept = "this_year"\ngrace_days')
    .replace('of = "points"\npoint = "p"\n[exclude]', 'of = "spend"\n[exclude]')
    .replace('birthday = "purchase_on_day"\n', "")
    .replace('on = "birthday"', 'on = "first_purchase"')
    .replace('who = "enrolled"\nsales_before_days = 3', 'who = "card"')
    .replace('policy = "within_balance"', 'policy = "unlimited"\nrecover_from_refund = true')
)
OTHER_CHOICES = {
    "spend": "sale", "unit": "sale", "points": "spend", "voucher": "cashback", "percentage": "amount_off",
    "product": "cashback", "days": "never", "months": "never", "yearly": "never", "rolling": "calendar_year",
    "calendar_year": "rolling", "this_year": "next_year", "one_level": "to_earned", "enrolled": "known",
    "multiply": "highest", "birthday": "review", "first_purchase": "review", "purchase_on_day": "gift", "month": "day",
    "mon": "tue", "gift_card": "deposit", "within_balance": "unlimited", "card": "known", "wait": "tell", "same_basket": "next_sale", "refuse": "release", "Europe/Berlin": "UTC", "10:00": "09:00",
    "11:00": "12:00", "2026-01-01": "2025-01-01", "2026-02-01": "2027-01-01", "12-31": "11-30",
}  # fmt: skip


def changed(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return OTHER_CHOICES.get(value, value + "z")
    raise TypeError(value)


def variants(there: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Each leaf changed in turn, as (its path, the whole part)."""
    items = list(there.items()) if isinstance(there, dict) else list(enumerate(there))
    for key, value in items:
        inner = (
            variants(value, (*path, key))
            if isinstance(value, dict | list | tuple)
            else [((*path, key), changed(value))]
        )
        for place, other in inner:
            copy = dict(there) if isinstance(there, dict) else list(there)
            copy[key] = other
            yield place, copy


@pytest.mark.parametrize(
    ("text", "without_effect"),
    [
        # Where points count towards tiers, money does not.
        (FULL, [("currencies", "EUR", "credit"), ("currencies", "EUR", "credit_per_minor")]),
        (OTHER, []),
    ],
    ids=["rolling", "calendar"],
)
def test_whatever_is_changed_in_a_programme_shows_in_the_comparison(
    text: str, without_effect: list[tuple[Any, ...]]
) -> None:
    full = parse(text)
    unsaid = []
    for place, builtins in variants(msgspec.to_builtins(full)):
        other = msgspec.convert(builtins, Programme)
        if not compare(full, other):
            unsaid.append(place)
    assert sorted(unsaid) == without_effect


def test_the_programmes_compared_here_use_every_field_there_is() -> None:
    used = {
        key
        for text in (FULL, OTHER)
        for place, _ in variants(msgspec.to_builtins(parse(text)))
        for key in place
    }
    structs = [Programme, *(item for item in vars(terms).values() if isinstance(item, type(msgspec.Struct)))]
    there = {field.name for struct in structs for field in msgspec.structs.fields(struct)}
    assert there - used == set()


def test_a_comparison_says_what_is_added_removed_and_changed() -> None:
    old = programme(BASE + TIERS)
    bonus = '[[bonus]]\nid = "b"\npoint = "points"\non = "review"\npoints = 50'
    changes = compare(old, programme(BASE + "caps = { day = 100 }\n" + bonus))
    assert [(change.about, change.kind) for change in changes] == [
        ("earn.base", "added"),
        ("bonus.b", "added"),
        ("tier.base", "removed"),
        ("tier.silver", "removed"),
        ("tier.gold", "removed"),
        ("cycle", "removed"),
    ]
    assert [sentence.text for sentence in changes[1].after] == [
        "A review gives 50 points.",
        "Once for each member.",
    ]
    dearer = compare(old, programme(BASE + TIERS.replace("50_000", "60_000")))
    assert [(c.about, c.kind, c.before[0].text, c.after[0].text) for c in dearer] == [
        (
            "tier.gold",
            "changed",
            "It begins when so much is spent: EUR 500.00, SEK 5000.00.",
            "It begins when so much is spent: EUR 600.00, SEK 6000.00.",
        )
    ]
    assert compare(old, old) == []


def test_sentences_keep_values_apart_from_words_so_that_they_can_be_translated() -> None:
    spoken = describe(programme(BASE))
    worth = next(sentence for sentence in spoken if "worth" in sentence.template)
    assert worth.template == "%(n)s point is worth %(amount)s."
    assert worth.values == {"n": 1, "amount": Amount(1, "EUR")}
    assert worth.text == "1 point is worth EUR 0.01."


def test_hostile_names_are_values_and_never_templates() -> None:
    hostile = programme(BASE + "where = { stores = ['%(x)s 100%', '<script>'] }")
    assert "Only in the stores %(x)s 100%, <script>." in [sentence.text for sentence in describe(hostile)]
    assert all("%(x)s 100%" not in sentence.template for sentence in describe(hostile))


def test_order_within_a_list_is_no_change() -> None:
    one, other = (
        programme(BASE + f"where = {{ stores = {names} }}") for names in ("['a', 'b']", "['b', 'a']")
    )
    assert compare(one, other) == []
