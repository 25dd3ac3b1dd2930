"""Write-back, answer by answer: what is asked of a vendor, and what its answers mean."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from regulars.connectors import connectors
from regulars.vocabulary.connector import Request, Response, Standing, Told, WritesBack
from regulars.vocabulary.errors import BadCredentials, RegularsError, VendorBusy, VendorRefused

from .cases import config

GID = "gid://shopify/Customer/7"
ANN = Standing("5a" * 16, 120, "gold", ["7"], ["+447700900576"])
ACCOUNT = {"id": "ACC", "program_id": "P", "balance": 100, "lifetime_points": 100, "customer_id": "7"}


def answered(body: Any, status: int = 200) -> Response:
    return Response(status, {}, msgspec.json.encode(body))


def tell(vendor: str, standing: Standing, *answers: Response) -> Request | Told:
    """The next call after these answers, or how it ended."""
    connector = connectors()[vendor]
    assert isinstance(connector, WritesBack)
    return connector.tell(standing, config(vendor), answers)


def asked(step: Request | Told) -> Any:
    """What a call says."""
    assert isinstance(step, Request), step
    return msgspec.json.decode(step.body)


def shown(**values: str | None) -> Response:
    fields = {key: None if value is None else {"value": value} for key, value in values.items()}
    held = {"id": GID, "balance": None, "tier": None, "member_id": None} | fields
    return answered({"data": {"customers": [held]}})


def test_shopify_is_told_what_differs_and_nothing_else() -> None:
    step = tell("shopify", ANN, shown(balance="120", tier="base", member_id=ANN.member_id))
    assert asked(step)["variables"]["metafields"] == [
        {
            "ownerId": GID,
            "namespace": "regulars",
            "key": "tier",
            "type": "single_line_text_field",
            "value": "gold",
        }
    ]
    done = answered({"data": {"metafieldsSet": {"userErrors": []}}})
    told = shown(balance="120", tier="base", member_id=ANN.member_id)
    assert tell("shopify", ANN, told, done) == Told(changed=True)
    assert tell("shopify", ANN, shown(balance="120", tier="gold", member_id=ANN.member_id)) == Told(
        changed=False
    )


def test_a_tier_that_is_no_more_is_taken_away() -> None:
    bare = Standing(ANN.member_id, 120, None, ["7"])
    step = tell("shopify", bare, shown(balance="120", tier="gold", member_id=ANN.member_id))
    assert asked(step)["operationName"] == "DeleteTiers"


def test_somebody_who_takes_no_part_shows_no_more_of_what_was_anothers() -> None:
    nobody = Standing("6b" * 16, 0, None, ["7"], ["+447700900576"], takes_part=False)
    step = tell("shopify", nobody, shown(balance="120", tier="gold", member_id=ANN.member_id))
    values = {one["key"]: one["value"] for one in asked(step)["variables"]["metafields"]}
    assert values == {"balance": "0", "member_id": nobody.member_id}
    assert tell("shopify", nobody, shown()) == Told(changed=False), "never shown anything"
    assert tell("square", nobody) == Told(changed=False)


def test_who_is_gone_at_a_vendor_is_told_nothing_of() -> None:
    assert tell("shopify", ANN, answered({"data": {"customers": [None]}})) == Told(changed=False)
    no_phone = Standing(ANN.member_id, 120, None, ["7"])
    assert tell("square", no_phone, answered({})) == Told(changed=False)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("INVALID_VALUE", VendorRefused),
        ("APP_NOT_AUTHORIZED", BadCredentials),
        ("INTERNAL_ERROR", VendorBusy),
        ("STALE_OBJECT", VendorBusy),
        (None, VendorRefused),
    ],
)
def test_user_errors_of_shopify_are_understood(code: str | None, error: type[RegularsError]) -> None:
    told = answered(
        {"data": {"metafieldsSet": {"userErrors": [{"code": code, "message": "jane@x.example"}]}}}
    )
    with pytest.raises(error) as raised:
        tell("shopify", ANN, shown(), told)
    assert "jane" not in str(raised.value)


def test_shopify_says_when_there_will_be_enough_points_for_a_call() -> None:
    cost = {"requestedQueryCost": 42, "throttleStatus": {"currentlyAvailable": 2, "restoreRate": 10}}
    throttled = {"errors": [{"extensions": {"code": "THROTTLED"}}], "extensions": {"cost": cost}}
    with pytest.raises(VendorBusy) as raised:
        tell("shopify", ANN, answered(throttled))
    assert raised.value.retry_after_seconds == 5


def test_the_same_change_of_the_same_account_has_the_same_key_at_square() -> None:
    found = answered({"loyalty_accounts": [ACCOUNT]})
    first, again = (asked(tell("square", ANN, found)) for _ in range(2))
    assert first == again
    assert first["adjust_points"] == {"points": 20, "reason": "Balance kept by Regulars"}
    moved = answered({"loyalty_accounts": [ACCOUNT | {"lifetime_points": 200}]})
    assert asked(tell("square", ANN, moved))["idempotency_key"] != first["idempotency_key"]


def test_a_balance_that_moves_while_it_is_set_is_set_once_more_and_then_left_for_later() -> None:
    found, moved = (
        answered({"loyalty_accounts": [ACCOUNT]}),
        answered({"loyalty_account": ACCOUNT | {"balance": 90}}),
    )
    done = answered({"event": {}})
    assert asked(tell("square", ANN, found, done, moved))["adjust_points"]["points"] == 30
    with pytest.raises(VendorBusy):
        tell("square", ANN, found, done, moved, done, moved)


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([answered({"loyalty_accounts": [ACCOUNT, ACCOUNT | {"id": "B"}]})], "several"),
        (
            [answered({}), answered({"loyalty_accounts": [ACCOUNT | {"customer_id": "8"}]})],
            "another customer",
        ),
        ([answered({}), answered({}), answered({}, 404)], "no loyalty programme"),
    ],
)
def test_what_a_person_must_put_right_at_square_is_said(answers: list[Response], why: str) -> None:
    step = tell("square", ANN, *answers)
    assert isinstance(step, Told)
    assert why in (step.why or "")


def test_a_refusal_of_square_says_its_codes_alone() -> None:
    fault = {"errors": [{"code": "IDEMPOTENCY_KEY_REUSED", "detail": "+447700900576 is no"}]}
    with pytest.raises(VendorRefused) as raised:
        tell("square", ANN, answered({"loyalty_accounts": [ACCOUNT]}), answered(fault, 400))
    assert str(raised.value) == "Square refused the call (IDEMPOTENCY_KEY_REUSED)"
