"""A reward that a member reserved, as a discount code of Shopify's for their customers alone, good for one order.

The code is looked up first, so that it is made once; it is switched off when the points are let go.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from regulars.vocabulary.connector import Coupon, Request, Response, SourceConfig, Told
from regulars.vocabulary.money import to_major

from .fetches import UserError, answered, gid, query
from .telling import refuse

DUPLICATE: Final = "TAKEN"


class Discount(Struct):
    """What a discount is; only basic ones tell their state here."""

    status: str | None = None


class Node(Struct):
    """A discount code."""

    id: str
    discount: Discount | None = None


class CodeData(Struct):
    """The answer to CodeOf."""

    code: Node | None = None


class Outcome(Struct):
    """Why a mutation was refused, empty when it was not."""

    userErrors: list[UserError] | None = None  # noqa: N815 - Shopify's name


class MadeData(Struct):
    """The answer to MakeCode."""

    discountCodeBasicCreate: Outcome | None = None  # noqa: N815 - Shopify's name


class EndedData(Struct):
    """The answer to EndCode."""

    discountCodeDeactivate: Outcome | None = None  # noqa: N815 - Shopify's name


def chain(coupon: Coupon, config: SourceConfig) -> Generator[Request, Response, Told]:
    """Look, then make it or end it: at most two calls."""
    there = answered((yield query("CodeOf", {"code": coupon.code}, config)), CodeData).code
    if coupon.live and there is None:
        made = yield query("MakeCode", {"discount": _discount(coupon)}, config)
        _check(answered(made, MadeData).discountCodeBasicCreate)
        return Told(changed=True)
    if not coupon.live and there is not None and not _is_over(there):
        ended = yield query("EndCode", {"id": there.id}, config)
        _check(answered(ended, EndedData).discountCodeDeactivate)
        return Told(changed=True)
    return Told(changed=False)


def _is_over(node: Node) -> bool:
    return node.discount is not None and node.discount.status == "EXPIRED"


def _discount(coupon: Coupon) -> dict[str, Any]:
    value: Mapping[str, Any]
    if coupon.percent is not None:
        value = {"percentage": coupon.percent / 100}
    else:
        amount = to_major(coupon.amount_minor, coupon.currency)
        value = {"discountAmount": {"amount": str(amount), "appliesOnEachItem": False}}
    return {
        "title": coupon.title,
        "code": coupon.code,
        "startsAt": coupon.starts_at.isoformat(),
        "endsAt": coupon.ends_at.isoformat(),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [gid("Customer", name) for name in coupon.external_ids]}},
        "customerGets": {"value": value, "items": {"all": True}},
    }


def _check(outcome: Outcome | None) -> None:
    errors: Sequence[UserError] = (outcome.userErrors if outcome is not None else None) or []
    # Another attempt, which we took for lost, made it: that is as good.
    refuse([error for error in errors if error.code != DUPLICATE], "the discount code")
