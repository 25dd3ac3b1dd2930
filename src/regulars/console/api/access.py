"""Who may call what: every route of the API with the scopes it asks for. The documents and the tests read it.

A route that is not in this table does not exist: the program refuses to start with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from regulars.vocabulary.errors import Forbidden
from regulars.vocabulary.scopes import (
    ADMIN,
    EVERYTHING,
    PII_READ,
    PRIVACY,
    PROFILES_READ,
    PROFILES_WRITE,
    REPORTS_READ,
    TILL,
)


class Rule(Struct, frozen=True):
    """One route. Any of `scopes` opens it, together with all of `also`; none: it is open to everybody.

    `idempotent` routes keep their answers under an Idempotency-Key. `answers` are the statuses beyond those
    that follow from the rest.
    """

    method: str
    path: str
    tag: str
    scopes: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    idempotent: bool = False
    answers: tuple[int, ...] = ()

    def admit(self, granted: frozenset[str]) -> None:
        """Raises Forbidden when the scopes of a key do not open this route."""
        if EVERYTHING in granted:
            return
        if self.scopes and granted.isdisjoint(self.scopes):
            raise Forbidden(f"This key lacks the scope {' or '.join(self.scopes)}. Make a key that has it.")
        missing = [scope for scope in self.also if scope not in granted]
        if missing:
            raise Forbidden(f"This key lacks the scope {missing[0]}. Make a key that has it.")


def _read(path: str, tag: str, *scopes: str, also: tuple[str, ...] = ()) -> Rule:
    return Rule("GET", path, tag, scopes, also=also)


def _post(path: str, tag: str, *scopes: str, answers: tuple[int, ...] = ()) -> Rule:
    return Rule("POST", path, tag, scopes, idempotent=True, answers=answers)


def _put(path: str, tag: str, *scopes: str, answers: tuple[int, ...] = ()) -> Rule:
    return Rule("PUT", path, tag, scopes, answers=answers)


def _open(path: str, *, answers: tuple[int, ...] = ()) -> Rule:
    return Rule("GET", path, "Health", answers=answers)


def _person(path: str) -> Rule:
    """Who could invite an owner could see all an owner sees, and needs to be let see it."""
    return Rule(
        "POST", f"/v1/people{path}", "People", (ADMIN,), also=(PII_READ,), idempotent=True, answers=(404, 409)
    )


def _request(path: str, *answers: int) -> Rule:
    """A step of a request about somebody's data; what names them is shown with pii:read."""
    return Rule(
        "POST", f"/v1/requests{path}", "Requests", (PRIVACY,), idempotent=True, answers=(404, 409, *answers)
    )


def _report(path: str) -> Rule:
    """A report answers 404 where it is of a store that is not there."""
    return Rule("GET", path, "Reports", (REPORTS_READ,), answers=(404,))


def _decide(path: str, *answers: int) -> Rule:
    """Whoever may write profiles may say which records are one person."""
    return _post(path, "Identity", PROFILES_WRITE, ADMIN, answers=answers)


def _decision(verb: str) -> Rule:
    """A second person's word; 403 for one's own."""
    path = f"/v1/approvals/{{approval_id}}/{verb}"
    return Rule("POST", path, "Approvals", (ADMIN,), idempotent=True, answers=(403, 404, 409))


def _till(path: str, *answers: int, method: str = "POST") -> Rule:
    """A call of a till. Writes may be repeated under one key."""
    return Rule(method, path, "till", (TILL,), idempotent=method == "POST", answers=answers)


READERS: Final = (PROFILES_READ, ADMIN)

RULES: Final = (
    _read("/v1/profiles", "Profiles", PROFILES_READ),
    Rule("POST", "/v1/profiles/search", "Profiles", (PROFILES_READ,)),
    _read("/v1/profiles/{profile_id}", "Profiles", PROFILES_READ),
    _read("/v1/profiles/{profile_id}/timeline", "Profiles", PROFILES_READ),
    _read("/v1/profiles/{profile_id}/explain", "Profiles", PROFILES_READ),
    _read("/v1/profiles/{profile_id}/household", "Profiles", PROFILES_READ),
    _decide("/v1/profiles/merge", 404, 422),
    _decide("/v1/profiles/{profile_id}/unmerge", 422),
    _decide("/v1/identity/decisions/{decision_id}/undo", 409, 422),
    _decide("/v1/identity/reviews/decide", 404, 422),
    Rule("GET", "/v1/identity/decisions", "Identity", (PROFILES_READ,), answers=(404,)),
    _read("/v1/identity/reviews", "Identity", PROFILES_READ),
    _post("/v1/profiles/{profile_id}/erase", "Privacy", PRIVACY, ADMIN),
    _read("/v1/profiles/{profile_id}/export", "Privacy", PRIVACY, ADMIN, also=(PII_READ,)),
    Rule("GET", "/v1/consents", "Consent", (PROFILES_READ,), answers=(404,)),
    _post("/v1/consents", "Consent", PROFILES_WRITE, ADMIN, answers=(404,)),
    _read("/v1/stores", "Registers", *READERS),
    _post("/v1/stores", "Registers", ADMIN),
    _read("/v1/stores/{code}", "Registers", *READERS),
    _put("/v1/stores/{code}", "Registers", ADMIN),
    _read("/v1/products", "Registers", *READERS),
    _post("/v1/products", "Registers", ADMIN),
    _read("/v1/products/{sku}", "Registers", *READERS),
    _put("/v1/products/{sku}", "Registers", ADMIN),
    _read("/v1/staff", "Registers", ADMIN),
    _post("/v1/staff", "Registers", ADMIN),
    _read("/v1/staff/{code}", "Registers", ADMIN),
    _put("/v1/staff/{code}", "Registers", ADMIN),
    _read("/v1/promotions", "Promotions", *READERS),
    _post("/v1/promotions", "Promotions", ADMIN, answers=(409,)),
    _read("/v1/promotions/{promotion_id}", "Promotions", *READERS),
    _put("/v1/promotions/{promotion_id}", "Promotions", ADMIN, answers=(409,)),
    _post("/v1/promotions/{promotion_id}/activate", "Promotions", ADMIN, answers=(409,)),
    _post("/v1/promotions/{promotion_id}/pause", "Promotions", ADMIN, answers=(409,)),
    _post("/v1/promotions/{promotion_id}/end", "Promotions", ADMIN),
    _post("/v1/promotions/{promotion_id}/codes", "Promotions", ADMIN, answers=(409,)),
    _read("/v1/programmes", "Loyalty", *READERS),
    _post("/v1/programmes", "Loyalty", ADMIN, answers=(409,)),
    _read("/v1/programmes/{number}", "Loyalty", *READERS),
    _put("/v1/programmes/{number}/draft", "Loyalty", ADMIN),
    _read("/v1/programmes/{number}/versions", "Loyalty", *READERS),
    _read("/v1/programmes/{number}/versions/{version}", "Loyalty", *READERS),
    _read("/v1/programmes/{number}/comparison", "Loyalty", *READERS),
    _post("/v1/programmes/{number}/publish", "Loyalty", ADMIN),
    Rule("POST", "/v1/programmes/{number}/simulate", "Loyalty", (ADMIN,)),
    _post("/v1/programmes/{number}/simulate/sales", "Loyalty", ADMIN, answers=(409,)),
    _read("/v1/programmes/{number}/simulate/sales", "Loyalty", ADMIN),
    _read("/v1/sources", "Sources", ADMIN),
    _post("/v1/sources", "Sources", ADMIN),
    _read("/v1/sources/{name}", "Sources", ADMIN),
    _put("/v1/sources/{name}", "Sources", ADMIN),
    _post("/v1/sources/{name}/disable", "Sources", ADMIN),
    _post("/v1/sources/{name}/enable", "Sources", ADMIN),
    _read("/v1/sources/{name}/write-back", "Sources", ADMIN),
    _put("/v1/sources/{name}/write-back", "Sources", ADMIN),
    _post("/v1/sources/{name}/write-back/retry", "Sources", ADMIN),
    _post("/v1/sources/{name}/write-back/all", "Sources", ADMIN),
    _read("/v1/settings", "Settings", ADMIN),
    _put("/v1/settings", "Settings", ADMIN, answers=(409,)),
    _read("/v1/keys", "Keys", ADMIN),
    _post("/v1/keys", "Keys", ADMIN),
    _post("/v1/keys/{key_id}/rotate", "Keys", ADMIN),
    _post("/v1/keys/{key_id}/revoke", "Keys", ADMIN),
    _read("/v1/webhooks", "Webhooks", ADMIN),
    _post("/v1/webhooks", "Webhooks", ADMIN),
    _read("/v1/webhooks/{webhook_id}", "Webhooks", ADMIN),
    _put("/v1/webhooks/{webhook_id}", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/disable", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/enable", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/rotate", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/test", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/delete", "Webhooks", ADMIN),
    _read("/v1/webhooks/{webhook_id}/deliveries", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/deliveries:resend", "Webhooks", ADMIN),
    _read("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}", "Webhooks", ADMIN),
    _post("/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/resend", "Webhooks", ADMIN),
    _read("/v1/identity/models", "Matching", ADMIN),
    _post("/v1/identity/models", "Matching", ADMIN, answers=(409,)),
    _read("/v1/identity/models/{number}", "Matching", ADMIN),
    _post("/v1/identity/models/{number}/preview", "Matching", ADMIN, answers=(409,)),
    _read("/v1/identity/models/{number}/preview", "Matching", ADMIN),
    _post("/v1/identity/models/{number}/promote", "Matching", ADMIN, answers=(409,)),
    _post("/v1/identity/rollback", "Matching", ADMIN, answers=(404, 409)),
    _read("/v1/identity/generic-values", "Matching", ADMIN),
    _read("/v1/audit", "Audit", ADMIN),
    _read("/v1/audit/verify", "Audit", ADMIN),
    _read("/v1/rejected", "Rejected events", ADMIN),
    _read("/v1/rejected/{quarantine_id}", "Rejected events", ADMIN),
    _post("/v1/rejected/{quarantine_id}/replay", "Rejected events", ADMIN),
    _post("/v1/rejected:replay", "Rejected events", ADMIN),
    _read("/v1/people", "People", ADMIN, also=(PII_READ,)),
    _person(""),
    _person("/{user_id}/link"),
    Rule("PUT", "/v1/people/{user_id}/role", "People", (ADMIN,), also=(PII_READ,), answers=(403, 404, 409)),
    Rule("PUT", "/v1/people/{user_id}/stores", "People", (ADMIN,), also=(PII_READ,), answers=(403, 404)),
    _person("/{user_id}/disable"),
    _person("/{user_id}/enable"),
    _person("/{user_id}/sign-out"),
    _person("/{user_id}/reset-second-factor"),
    Rule("GET", "/v1/requests", "Requests", (PRIVACY,), answers=(404,)),
    _request(""),
    _read("/v1/requests/{request_no}", "Requests", PRIVACY),
    _request("/{request_no}/check"),
    _request("/{request_no}/extend"),
    _request("/{request_no}/notes"),
    _request("/{request_no}/refuse"),
    _request("/{request_no}/execute", 422),
    Rule("GET", "/v1/requests/{request_no}/data", "Requests", (PRIVACY,), also=(PII_READ,), answers=(409,)),
    _read("/v1/requests/{request_no}/proof", "Requests", PRIVACY),
    _read("/v1/approvals", "Approvals", ADMIN),
    _read("/v1/approvals/{approval_id}", "Approvals", ADMIN),
    _decision("approve"),
    _decision("reject"),
    _post("/v1/members/{member_id}/adjustments", "Loyalty", ADMIN, answers=(404, 422)),
    _read("/v1/reports/loyalty/alerts", "Reports", ADMIN),
    _report("/v1/reports/sales"),
    _report("/v1/reports/stores"),
    _report("/v1/reports/staff"),
    _report("/v1/reports/loyalty"),
    _till("/v1/members", 404, 409, method="GET"),
    Rule("POST", "/v1/members/search", "till", (TILL,), answers=(404, 409)),
    _till("/v1/members/{member_id}", method="GET"),
    _till("/v1/members", 404),
    _till("/v1/members/{member_id}/cards"),
    _till("/v1/quotes", 404, 409),
    _till("/v1/quotes/holds/{hold_id}/release", 409),
    _till("/v1/holds", 404),
    _till("/v1/shop-rewards", 404, 409),
    _till("/v1/holds/{hold_id}/capture"),
    _till("/v1/holds/{hold_id}/release"),
    _till("/v1/sales", 404),
    _till("/v1/sales/{sale_id}/void"),
    _till("/v1/sales/{sale_id}/claim"),
    _till("/v1/sales:batch"),
    _till("/v1/returns", 404),
    Rule("GET", "/v1/floor-limits", "till", (ADMIN,)),
    Rule("PUT", "/v1/floor-limits", "till", (ADMIN,), answers=(404,)),
    _till("/v1/sales/{sale_id}/receipt", method="GET"),
    _open("/healthz"),
    _open("/readyz", answers=(503,)),
    _open("/metrics"),
    _open("/openapi.json"),
    _open("/docs"),
)
BY_ROUTE: Final[Mapping[tuple[str, str], Rule]] = {(rule.method, rule.path): rule for rule in RULES}
