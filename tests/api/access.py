"""Which keys may call what: every route of the description with its scopes, written by hand and not from the code.

A route that is added must be added here, and one whose scopes change must change here too: that is the second look at
a right somebody gives away.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from regulars.console.services.programmes import shipped_text as shipped_programme
from regulars.engine.identity_memory import shipped_text
from tests.api.web_shop import REWARDS
from tests.members import PROGRAMME

WITH_REWARDS = PROGRAMME.replace("[limits]", REWARDS + "[limits]")


class Row(Struct, frozen=True):
    """A key with any of `scopes` and all of `also` opens the route; neither: it takes no key of the API.

    `body` is one that can be used; `names` tells whether address or body name something of a workspace, which is not
    there for others.
    """

    scopes: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    body: Any = None
    names: bool = False

    def opens(self, granted: frozenset[str]) -> bool:
        """Whether a key with these scopes opens it."""
        if "*" in granted or not self.scopes:
            return True
        return not self.scopes.isdisjoint(granted) and self.also <= granted


READ: Final = frozenset({"profiles:read"})
WRITERS: Final = frozenset({"profiles:write", "admin"})
ADMIN: Final = frozenset({"admin"})
READERS: Final = READ | ADMIN
PRIVACY: Final = frozenset({"privacy", "admin"})
OFFICER: Final = frozenset({"privacy"})
TILL: Final = frozenset({"till"})
REPORTS: Final = frozenset({"reports:read"})
WRITE: Final = frozenset({"events:write"})
CLEAR: Final = frozenset({"pii:read"})
AT: Final = "2026-11-20T10:00:00Z"
OFFER: Final = (
    'id = "fresh"\nname = "Tea"\ncode_required = true\n[effect]\nkind = "percentage"\noff_bp = 500\n'
)
CHANGED_OFFER: Final = OFFER.replace("fresh", "{promotion_id}")
BASKET: Final = {"currency": "GBP", "lines": [{"line_id": "1", "sku": "TEA", "unit_price_minor": 450}]}
TOLD: Final = {"url": "http://127.0.0.1:9/in", "types": ["sale.recorded"]}
SALE: Final = {"receipt": "fresh", "currency": "GBP", "total_minor": 100}
OPEN: Final = Row()


def _person(body: Any = None, *, names: bool = True) -> Row:
    return Row(ADMIN, CLEAR, body, names)


TABLE: Final = {
    ("GET", "/v1/profiles"): Row(READ),
    ("POST", "/v1/profiles/search"): Row(READ, body={"email": "x@example.com"}),
    ("GET", "/v1/profiles/{profile_id}"): Row(READ, names=True),
    ("GET", "/v1/profiles/{profile_id}/timeline"): Row(READ, names=True),
    ("GET", "/v1/profiles/{profile_id}/explain"): Row(READ, names=True),
    ("GET", "/v1/profiles/{profile_id}/household"): Row(READ, names=True),
    ("POST", "/v1/profiles/merge"): Row(
        WRITERS, body={"ids": ["{profile_id}", "{other_id}"], "reason": "Told.", "preview": True}, names=True
    ),
    ("POST", "/v1/profiles/{profile_id}/unmerge"): Row(
        WRITERS, body={"all": True, "reason": "Told.", "preview": True}, names=True
    ),
    ("POST", "/v1/identity/decisions/{decision_id}/undo"): Row(
        WRITERS, body={"reason": "Told.", "preview": True}, names=True
    ),
    ("POST", "/v1/identity/reviews/decide"): Row(
        WRITERS,
        body={"pairs": [["{pair_a}", "{pair_b}"]], "together": True, "reason": "Told.", "preview": True},
        names=True,
    ),
    ("GET", "/v1/identity/decisions"): Row(READ),
    ("GET", "/v1/identity/reviews"): Row(READ),
    ("POST", "/v1/profiles/{profile_id}/erase"): Row(PRIVACY, body={}, names=True),
    ("GET", "/v1/profiles/{profile_id}/export"): Row(PRIVACY, CLEAR, names=True),
    ("GET", "/v1/consents"): Row(READ),
    ("POST", "/v1/consents"): Row(
        frozenset({"profiles:write", "admin"}),
        body={"channel": "email", "status": "granted", "address": "x@example.com"},
    ),
    ("GET", "/v1/stores"): Row(READERS),
    ("POST", "/v1/stores"): Row(ADMIN, body={"code": "fresh"}),
    ("GET", "/v1/stores/{code}"): Row(READERS, names=True),
    ("PUT", "/v1/stores/{code}"): Row(ADMIN, body={"name": "Own"}),
    ("GET", "/v1/products"): Row(READERS),
    ("POST", "/v1/products"): Row(ADMIN, body={"sku": "fresh"}),
    ("GET", "/v1/products/{sku}"): Row(READERS, names=True),
    ("PUT", "/v1/products/{sku}"): Row(ADMIN, body={"name": "Own"}),
    ("GET", "/v1/staff"): Row(ADMIN),
    ("POST", "/v1/staff"): Row(ADMIN, body={"code": "fresh"}),
    ("GET", "/v1/staff/{code}"): Row(ADMIN, names=True),
    ("PUT", "/v1/staff/{code}"): Row(ADMIN, body={"given_name": "Own"}),
    ("GET", "/v1/programmes"): Row(READERS),
    ("POST", "/v1/programmes"): Row(ADMIN, body={"content": shipped_programme()}),
    ("GET", "/v1/programmes/{number}"): Row(READERS, names=True),
    ("PUT", "/v1/programmes/{number}/draft"): Row(ADMIN, body={"content": WITH_REWARDS}, names=True),
    ("GET", "/v1/programmes/{number}/versions"): Row(READERS, names=True),
    ("GET", "/v1/programmes/{number}/versions/{version}"): Row(READERS, names=True),
    ("GET", "/v1/programmes/{number}/comparison"): Row(READERS, names=True),
    ("POST", "/v1/programmes/{number}/publish"): Row(ADMIN, body={"reason": "Tried."}, names=True),
    ("POST", "/v1/programmes/{number}/simulate"): Row(
        ADMIN, body={"currency": "GBP", "lines": [{"total_minor": 999}]}, names=True
    ),
    ("POST", "/v1/programmes/{number}/simulate/sales"): Row(ADMIN, body={"days": 7}, names=True),
    ("GET", "/v1/programmes/{number}/simulate/sales"): Row(ADMIN, names=True),
    ("GET", "/v1/sources"): Row(ADMIN),
    ("POST", "/v1/sources"): Row(ADMIN, body={"name": "fresh"}),
    ("GET", "/v1/sources/{name}"): Row(ADMIN, names=True),
    ("PUT", "/v1/sources/{name}"): Row(ADMIN, body={}, names=True),
    ("POST", "/v1/sources/{name}/disable"): Row(ADMIN, names=True),
    ("POST", "/v1/sources/{name}/enable"): Row(ADMIN, names=True),
    ("GET", "/v1/sources/{name}/write-back"): Row(ADMIN, names=True),
    ("PUT", "/v1/sources/{name}/write-back"): Row(ADMIN, body={"on": False}, names=True),
    ("POST", "/v1/sources/{name}/write-back/retry"): Row(ADMIN, names=True),
    ("POST", "/v1/sources/{name}/write-back/all"): Row(ADMIN, body={}, names=True),
    ("GET", "/v1/keys"): Row(ADMIN),
    ("POST", "/v1/keys"): Row(ADMIN, body={"name": "fresh", "scopes": ["events:write"]}),
    ("POST", "/v1/keys/{key_id}/rotate"): Row(ADMIN, body={}, names=True),
    ("POST", "/v1/keys/{key_id}/revoke"): Row(ADMIN, names=True),
    ("GET", "/v1/identity/models"): Row(ADMIN),
    ("POST", "/v1/identity/models"): Row(ADMIN, body={"content": shipped_text()}),
    ("GET", "/v1/identity/models/{number}"): Row(ADMIN, names=True),
    ("POST", "/v1/identity/models/{number}/preview"): Row(ADMIN, names=True),
    ("GET", "/v1/identity/models/{number}/preview"): Row(ADMIN, names=True),
    ("POST", "/v1/identity/models/{number}/promote"): Row(ADMIN, body={"reason": "Tried."}, names=True),
    ("POST", "/v1/identity/rollback"): Row(ADMIN, body={"reason": "Tried."}, names=True),
    ("GET", "/v1/identity/generic-values"): Row(ADMIN),
    ("GET", "/v1/audit"): Row(ADMIN),
    ("GET", "/v1/audit/verify"): Row(ADMIN),
    ("GET", "/v1/rejected"): Row(ADMIN),
    ("GET", "/v1/rejected/{quarantine_id}"): Row(ADMIN, names=True),
    ("POST", "/v1/rejected/{quarantine_id}/replay"): Row(ADMIN, names=True),
    ("POST", "/v1/rejected:replay"): Row(ADMIN, body={"all": True}),
    ("GET", "/v1/people"): _person(names=False),
    ("POST", "/v1/people"): _person({"email": "fresh@example.com", "role": "marketer"}, names=False),
    ("POST", "/v1/people/{user_id}/link"): _person(),
    ("PUT", "/v1/people/{user_id}/role"): _person({"role": "associate"}),
    ("PUT", "/v1/people/{user_id}/stores"): _person({"stores": ["own-store"]}),
    ("POST", "/v1/people/{user_id}/disable"): _person(),
    ("POST", "/v1/people/{user_id}/enable"): _person(),
    ("POST", "/v1/people/{user_id}/sign-out"): _person(),
    ("POST", "/v1/people/{user_id}/reset-second-factor"): _person(),
    ("GET", "/v1/settings"): Row(ADMIN),
    ("PUT", "/v1/settings"): Row(ADMIN, body={"version": 0}),
    ("GET", "/v1/approvals"): Row(ADMIN),
    ("GET", "/v1/approvals/{approval_id}"): Row(ADMIN, names=True),
    ("POST", "/v1/approvals/{approval_id}/approve"): Row(ADMIN, body={"note": "Seen."}, names=True),
    ("POST", "/v1/approvals/{approval_id}/reject"): Row(ADMIN, body={"note": "No."}, names=True),
    ("POST", "/v1/members/{member_id}/adjustments"): Row(
        ADMIN, body={"amount": 5, "reason": "Broken mug."}, names=True
    ),
    ("GET", "/v1/reports/loyalty/alerts"): Row(ADMIN),
    ("GET", "/v1/reports/sales"): Row(REPORTS),
    ("GET", "/v1/reports/stores"): Row(REPORTS),
    ("GET", "/v1/reports/staff"): Row(REPORTS),
    ("GET", "/v1/reports/loyalty"): Row(REPORTS),
    ("GET", "/v1/requests"): Row(OFFICER),
    ("POST", "/v1/requests"): Row(
        OFFICER, body={"kind": "access", "profile_id": "{profile_id}", "came_by": "email"}, names=True
    ),
    ("GET", "/v1/requests/{request_no}"): Row(OFFICER, names=True),
    ("POST", "/v1/requests/{request_no}/check"): Row(OFFICER, body={"method": "document"}, names=True),
    ("POST", "/v1/requests/{request_no}/extend"): Row(OFFICER, body={"reason": "complex"}, names=True),
    ("POST", "/v1/requests/{request_no}/notes"): Row(OFFICER, body={"text": "Called."}, names=True),
    ("POST", "/v1/requests/{request_no}/refuse"): Row(OFFICER, body={"reason": "unfounded"}, names=True),
    ("POST", "/v1/requests/{request_no}/execute"): Row(OFFICER, body={}, names=True),
    ("GET", "/v1/requests/{request_no}/data"): Row(OFFICER, CLEAR, names=True),
    ("GET", "/v1/requests/{request_no}/proof"): Row(OFFICER, names=True),
    ("GET", "/v1/promotions"): Row(READERS),
    ("POST", "/v1/promotions"): Row(ADMIN, body={"content": OFFER}),
    ("GET", "/v1/promotions/{promotion_id}"): Row(READERS, names=True),
    ("PUT", "/v1/promotions/{promotion_id}"): Row(ADMIN, body={"content": CHANGED_OFFER}, names=True),
    ("POST", "/v1/promotions/{promotion_id}/activate"): Row(ADMIN, body={}, names=True),
    ("POST", "/v1/promotions/{promotion_id}/pause"): Row(ADMIN, names=True),
    ("POST", "/v1/promotions/{promotion_id}/end"): Row(ADMIN, names=True),
    ("POST", "/v1/promotions/{promotion_id}/codes"): Row(ADMIN, body={"code": "fresh"}, names=True),
    ("POST", "/v1/quotes"): Row(TILL, body=BASKET),
    ("POST", "/v1/quotes/holds/{hold_id}/release"): Row(TILL, body={}, names=True),
    ("GET", "/v1/webhooks"): Row(ADMIN),
    ("POST", "/v1/webhooks"): Row(ADMIN, body=TOLD),
    ("GET", "/v1/webhooks/{webhook_id}"): Row(ADMIN, names=True),
    ("PUT", "/v1/webhooks/{webhook_id}"): Row(ADMIN, body=TOLD, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/disable"): Row(ADMIN, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/enable"): Row(ADMIN, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/rotate"): Row(ADMIN, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/test"): Row(ADMIN, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/delete"): Row(ADMIN, names=True),
    ("GET", "/v1/webhooks/{webhook_id}/deliveries"): Row(ADMIN, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/deliveries:resend"): Row(ADMIN, body={"since": AT}, names=True),
    ("GET", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}"): Row(ADMIN, names=True),
    ("POST", "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend"): Row(ADMIN, names=True),
    ("GET", "/v1/members"): Row(TILL),
    ("POST", "/v1/members/search"): Row(TILL, body={"email": "x@example.com"}),
    ("GET", "/v1/members/{member_id}"): Row(TILL, names=True),
    ("POST", "/v1/members"): Row(TILL, body={"customer": {"external_id": "fresh"}}, names=True),
    ("POST", "/v1/members/{member_id}/cards"): Row(
        TILL, body={"action": "issue", "card": "fresh"}, names=True
    ),
    ("POST", "/v1/holds"): Row(TILL, body={"member_id": "{member_id}", "amount": 100}, names=True),
    ("POST", "/v1/shop-rewards"): Row(
        TILL, body={"member_id": "{member_id}", "reward": "five-off", "shop": "own-told"}, names=True
    ),
    ("POST", "/v1/holds/{hold_id}/capture"): Row(TILL, body={}, names=True),
    ("POST", "/v1/holds/{hold_id}/release"): Row(TILL, body={}, names=True),
    ("POST", "/v1/sales"): Row(TILL, body={"sale": SALE, "occurred_at": AT}),
    ("GET", "/v1/sales/{sale_id}/receipt"): Row(TILL, names=True),
    ("POST", "/v1/sales/{sale_id}/void"): Row(TILL, body={"reason": "Tried."}, names=True),
    ("POST", "/v1/sales/{sale_id}/claim"): Row(TILL, body={"member_id": "{member_id}"}, names=True),
    ("POST", "/v1/sales:batch"): Row(TILL, body={"sales": [{"sale": SALE, "occurred_at": AT}]}),
    ("POST", "/v1/returns"): Row(
        TILL, body={"receipt": "fresh", "original": {"sale_id": "{sale_id}"}, "occurred_at": AT}, names=True
    ),
    ("GET", "/v1/floor-limits"): Row(ADMIN),
    ("PUT", "/v1/floor-limits"): Row(ADMIN, body={"store": "own-store", "points": 100}, names=True),
    ("POST", "/v1/events"): Row(WRITE, body={"id": "fresh", "type": "page.viewed", "occurred_at": AT}),
    ("POST", "/v1/track"): Row(WRITE, body={"userId": "u", "event": "Looked", "messageId": "m-1"}),
    ("POST", "/v1/identify"): Row(WRITE, body={"userId": "u", "messageId": "m-2"}),
    ("POST", "/v1/page"): Row(WRITE, body={"userId": "u", "messageId": "m-3"}),
    ("POST", "/v1/screen"): Row(WRITE, body={"userId": "u", "messageId": "m-4"}),
    ("POST", "/v1/group"): Row(WRITE, body={"userId": "u", "groupId": "g", "messageId": "m-5"}),
    ("POST", "/v1/alias"): Row(WRITE, body={"userId": "u", "previousId": "v", "messageId": "m-6"}),
    ("POST", "/v1/batch"): Row(WRITE, body={"batch": []}),
    ("GET", "/v1/projects/{key}/settings"): OPEN,
    ("POST", "/hooks/{source}"): OPEN,
    ("GET", "/healthz"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/docs"): OPEN,
}
"""Hooks are opened by the vendor's signature and settings by the key in the address, not by a scope."""
