"""Whatever bytes come to the gate, an event is made ready or refused with a reason; nothing breaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.engine.prepared import Prepared, Refused
from regulars.intake.prepare import Preparer
from regulars.store.master import MasterKey
from regulars.store.vault import Vault
from regulars.vocabulary.events import TYPES
from regulars.vocabulary.intake import Source

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SOURCE = Source(1, 1, "tills", "api", "tills")
PREPARER = Preparer(Vault(MasterKey(bytes(range(32))), 1).hash, {})

odd_numbers = st.sampled_from([0, -1, 2**63, -(2**63) - 1, 10**30, 10**15, 0.5, 1e300, 1e-300, 2**53 + 1])
odd_texts = st.sampled_from(
    [
        *("", " ", "\x00", "\U0001f600", "\u202e", "x" * 600, "NaN", "-Infinity", "1e999999", "0001-01-01"),
        *("9999-12-31", "2026-10-01T09:00:00+14:00", "1970-01-01T00:00:00+23:59", "4111111111111111"),
        *("+44 20 7946 0018", "a@b.cd", "GB"),
    ]
)
leaves = (
    st.none()
    | st.booleans()
    | odd_numbers
    | odd_texts
    | st.text(max_size=10)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def part(*names: str) -> st.SearchStrategy[Any]:
    """An object with some of these fields, holding anything."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values)) | values


customers = part(
    *"external_id loyalty_card anonymous_id email phone given_name birth_date address traits locale".split()
)
sales = st.fixed_dictionaries(
    {"receipt": odd_texts | st.just("1"), "currency": st.just("GBP") | odd_texts, "total_minor": odd_numbers},
    optional={
        "lines": st.lists(part(*"sku quantity total_minor category".split()), max_size=2),
        **dict.fromkeys(
            "version business_date original_receipt original_business_date tenders coupons".split(), values
        ),
    },
)
times = (
    st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    | odd_texts
    | st.just("2026-10-01T09:00:00+00:00")
)
events = st.fixed_dictionaries(
    {"id": st.just("e-1") | values, "type": st.sampled_from(sorted(TYPES)) | odd_texts, "occurred_at": times},
    optional={
        "customer": customers,
        "sale": sales | values,
        "store": values,
        "consent": part("channel", "purpose", "address"),
        "product": part("sku", "price_minor"),
        "stock": part("sku", "quantity"),
        "store_details": part("code", "time_zone", "tax_mode"),
        "staff_details": part("code", "given_name"),
        "fetches": st.lists(part("kind", "reference"), max_size=2) | values,
        "properties": values,
        "unheard_of": values,
    },
)


def check(raw: bytes) -> Prepared | Refused:
    item = PREPARER.prepare(SOURCE, raw, door="events", received_at=NOW)
    if isinstance(item, Refused):
        assert item.error.code
        assert item.error.message.isprintable()
        assert item.type.isprintable()
    else:
        json.loads(item.body)
    return item


@settings(deadline=None, max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(events)
def test_any_event_is_made_ready_or_refused(event: dict[str, Any]) -> None:
    check(json.dumps(event).encode())


@settings(deadline=None, max_examples=300)
@given(events, st.data())
def test_damaged_bytes_are_made_ready_or_refused(event: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(raw))


def test_bytes_that_are_no_text_are_refused_even_where_nobody_looks() -> None:
    event = {"id": "e", "type": "custom.a", "occurred_at": "2026-10-01T09:00:00+00:00", "unheard_of": "?"}
    good = json.dumps(event).encode()
    assert isinstance(check(good), Prepared)
    bad = check(good.replace(b"?", b"\xff"))
    assert isinstance(bad, Refused)
    assert bad.error.code == "invalid_json"
