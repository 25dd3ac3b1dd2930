"""A member's balance, tier and number as metafields of their customers at Shopify, for themes, checkout and staff.

| key of namespace `regulars` | type | holds |
|---|---|---|
| balance | number_integer | points that may be spent |
| tier | single_line_text_field | code of the tier; absent in a programme without tiers |
| member_id | single_line_text_field | the member's number here |

What is there is read first, so that nothing is written twice: a change makes Shopify tell us of the customer again,
and that must come to an end.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

from regulars.connectors.reading import optional_id
from regulars.vocabulary.connector import Request, Response, SourceConfig, Standing, Told
from regulars.vocabulary.errors import BadCredentials, VendorBusy, VendorRefused

from .fetches import UserError, answered, gid, query

NAMESPACE: Final = "regulars"
CUSTOMERS_MAX: Final = 8
"""Three metafields each, and Shopify takes 25 at once."""
BUSY: Final = frozenset({"INTERNAL_ERROR", "STALE_OBJECT"})
BUSY_SECONDS: Final = 5
TYPES: Final[Mapping[str, str]] = {
    "balance": "number_integer",
    "tier": "single_line_text_field",
    "member_id": "single_line_text_field",
}


class Value(Struct):
    """What a metafield holds."""

    value: str | None = None


class Shown(Struct):
    """What a customer's metafields say now; `id` is the GraphQL id."""

    id: str | None = None
    balance: Value | None = None
    tier: Value | None = None
    member_id: Value | None = None


class ShownData(Struct):
    """The answer to Standings; None for a customer who is gone."""

    customers: list[Shown | None]


class Outcome(Struct):
    """Why a mutation was refused, empty when it was not."""

    userErrors: list[UserError] | None = None  # noqa: N815 - Shopify's name


class SetData(Struct):
    """The answer to SetStandings."""

    metafieldsSet: Outcome | None = None  # noqa: N815 - Shopify's name


class DeleteData(Struct):
    """The answer to DeleteTiers."""

    metafieldsDelete: Outcome | None = None  # noqa: N815 - Shopify's name


def chain(standing: Standing, config: SourceConfig) -> Generator[Request, Response, Told]:
    """Read, then write what differs: at most three calls."""
    names = [gid("Customer", name) for name in standing.external_ids]
    if len(names) > CUSTOMERS_MAX:
        return Told(changed=False, why=f"The member is more than {CUSTOMERS_MAX} customers at Shopify.")
    if not names:
        return Told(changed=False)
    found = answered((yield query("Standings", {"customers": names}, config)), ShownData).customers
    there = [shown for shown in found if shown is not None and optional_id(shown.id)]
    if not standing.takes_part:
        there = [shown for shown in there if shown.member_id is not None]
    wanted = {"balance": str(standing.balance), "tier": standing.tier, "member_id": standing.member_id}
    wrong = [_metafield(shown, key, value) for shown in there for key, value in _differing(shown, wanted)]
    left = [_name(shown, "tier") for shown in there if shown.tier is not None and not standing.tier]
    if wrong:
        answer = answered((yield query("SetStandings", {"metafields": wrong}, config)), SetData)
        _refuse(answer.metafieldsSet)
    if left:
        gone = answered((yield query("DeleteTiers", {"metafields": left}, config)), DeleteData)
        _refuse(gone.metafieldsDelete)
    return Told(changed=bool(wrong or left))


def _differing(shown: Shown, wanted: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """The metafields that say something else than they should."""
    return [(key, value) for key, value in wanted.items() if value and _said(shown, key) != value]


def _said(shown: Shown, key: str) -> str | None:
    held: Value | None = getattr(shown, key)
    return held.value if held is not None else None


def _metafield(shown: Shown, key: str, value: str) -> dict[str, Any]:
    return {**_name(shown, key), "type": TYPES[key], "value": value}


def _name(shown: Shown, key: str) -> dict[str, Any]:
    return {"ownerId": shown.id, "namespace": NAMESPACE, "key": key}


def _refuse(outcome: Outcome | None) -> None:
    """Raise what the errors of a mutation stand for. Their codes say enough; their texts may quote values."""
    refuse(outcome.userErrors if outcome is not None else None, "the metafields")


def refuse(errors: Sequence[UserError] | None, what: str) -> None:
    """Raise what `userErrors` stand for; return where there are none."""
    codes = [error.code or "no code" for error in errors or []]
    if not codes:
        return
    if "APP_NOT_AUTHORIZED" in codes:
        raise BadCredentials(f"Shopify does not let the app change {what}; grant the scopes the guide names")
    if BUSY.issuperset(codes):
        raise VendorBusy(f"Shopify could not change {what} now", retry_after_seconds=BUSY_SECONDS)
    raise VendorRefused(f"Shopify refused {what} ({', '.join(sorted(set(codes)))})")
