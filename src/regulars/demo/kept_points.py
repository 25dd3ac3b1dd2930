"""What the vendors keep of members' points: Square's loyalty accounts, Shopify's metafields and codes. They start empty.

Like the vendors', each change says what it is known by: a repeat under the same key is answered and not made again.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from .memory import Memory
from .retail import Account
from .square_objects import SquareObjects

Json = dict[str, Any]
Answer = tuple[int, Json]
PHONE_DIGITS: Final = 9
"""Two numbers are one when they end alike: customers write theirs in many ways."""
NAMESPACE: Final = "regulars"
_DISCOUNT: Final = "gid://shopify/DiscountCodeNode/"
_BEGAN: Final = datetime(2026, 1, 1, tzinfo=UTC)


class SquareLoyalty:
    """Loyalty accounts: one for each phone, for customers who showed a card, and for those an application enrols."""

    def __init__(self, memory: Memory, objects: SquareObjects) -> None:
        self._memory, self._objects = memory, objects
        self._held: dict[str, Json] = {}
        self._of_phone: dict[str, str] = {}
        self._answered: dict[str, tuple[Json, Json]] = {}
        self._changes = 0

    def respond(self, method: str, path: str, body: Json) -> Answer | None:
        """The answer to a call; `path` begins after `/v2/loyalty/`. None: Square has no such call."""
        match (method, *path.split("/")):
            case ("GET", "programs", "main"):
                return 200, {"program": {"id": self._objects.program_id, "status": "ACTIVE"}}
            case ("POST", "accounts", "search"):
                return self._search(body)
            case ("POST", "accounts"):
                return self._once(body, lambda: self._create(body))
            case ("GET", "accounts", id_) if id_ in self._held:
                return 200, {"loyalty_account": dict(self._held[id_])}
            case ("POST", "accounts", id_, "adjust") if id_ in self._held:
                return self._once(body, lambda: self._adjust(self._held[id_], body))
        return None

    def move(self, id_: str, points: int) -> None:
        """Square gives or takes points by itself."""
        account = self._held[id_]
        self._changes += 1
        account["balance"] += points
        account["lifetime_points"] += max(points, 0)
        account["updated_at"] = (_BEGAN + timedelta(seconds=self._changes)).isoformat().replace("+00:00", "Z")

    def _once(self, body: Json, do: Any) -> Answer:
        key = body.get("idempotency_key")
        if not isinstance(key, str) or not 0 < len(key) <= 128:
            return _fault("MISSING_REQUIRED_PARAMETER")
        if key in self._answered:
            before, answer = self._answered[key]
            return (200, answer) if before == body else _fault("IDEMPOTENCY_KEY_REUSED")
        status, answer = do()
        if status == 200:
            self._answered[key] = (body, answer)
        return status, answer

    def _search(self, body: Json) -> Answer:
        query = body.get("query") or {}
        ids, mappings = query.get("customer_ids"), query.get("mappings")
        if ids and mappings:
            return _fault("BAD_REQUEST")
        found: dict[str, Json] = {}
        for id_ in ids or []:
            account = self._account_of(id_)
            if account is not None:
                found[account["id"]] = account
        for mapping in mappings or []:
            held = self._of_phone.get(_ending(mapping.get("phone_number")))
            if held is not None:
                found[held] = self._held[held]
        listed = [dict(account) for account in found.values()]
        return 200, {"loyalty_accounts": listed[: body.get("limit", 30)]} if listed else {}

    def _account_of(self, customer_id: str) -> Json | None:
        customer = self._memory.customer(customer_id)
        if customer is None:
            return None
        for account in self._held.values():
            if account["customer_id"] == customer_id:
                return account
        taken = customer.phone is not None and _ending(customer.phone) in self._of_phone
        return self._open(customer) if customer.loyalty_card and not taken else None

    def _create(self, body: Json) -> Answer:
        wanted = body.get("loyalty_account") or {}
        phone = (wanted.get("mapping") or {}).get("phone_number")
        if wanted.get("program_id") != self._objects.program_id or not isinstance(phone, str):
            return _fault("BAD_REQUEST")
        if not phone.startswith("+") or _ending(phone) in self._of_phone:
            return _fault("BAD_REQUEST")
        known = (one for one in self._memory.customers() if one.system == "square")
        customer = next((one for one in known if _ending(one.phone) == _ending(phone)), None)
        if customer is None:
            return _fault("NOT_FOUND", 404)
        return 200, {"loyalty_account": dict(self._open(customer))}

    def _open(self, customer: Account) -> Json:
        account = self._objects.loyalty_account(customer)
        self._held[account["id"]] = account
        if customer.phone is not None:
            self._of_phone[_ending(customer.phone)] = account["id"]
        return account

    def _adjust(self, account: Json, body: Json) -> Answer:
        change = body.get("adjust_points") or {}
        points = change.get("points")
        if not isinstance(points, int) or (
            account["balance"] + points < 0 and not body.get("allow_negative_balance")
        ):
            return _fault("BAD_REQUEST")
        self.move(account["id"], points)
        event = {
            "id": f"loyalty-event-{self._changes}",
            "type": "ADJUST_POINTS",
            "created_at": account["updated_at"],
            "adjust_points": {"loyalty_program_id": account["program_id"], **change},
            "loyalty_account_id": account["id"],
            "source": "LOYALTY_API",
        }
        return 200, {"event": event}


class Metafields:
    """The metafields of Shopify's customers, by (customer, key)."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self.values: dict[tuple[str, str], str] = {}

    def shown(self, variables: Json) -> Json:
        """What some customers' metafields say; null for those who are gone."""
        return {"customers": [self._customer(name) for name in variables.get("customers", [])]}

    def set(self, variables: Json) -> Json:
        """Sets all, or none when one of them is wrong."""
        wanted = variables.get("metafields", [])
        faults = [fault for number, one in enumerate(wanted) for fault in self._faults(number, one)]
        if not faults:
            self.values.update({(one["ownerId"], one["key"]): one["value"] for one in wanted})
        return {"metafieldsSet": {"userErrors": faults}}

    def delete(self, variables: Json) -> Json:
        """Takes them away, those that are there."""
        for one in variables.get("metafields", []):
            self.values.pop((one["ownerId"], one["key"]), None)
        return {"metafieldsDelete": {"userErrors": []}}

    def _customer(self, name: str) -> Json | None:
        if self._memory.customer(name.rpartition("/")[2]) is None:
            return None
        held = {key: self.values.get((name, key)) for key in ("balance", "tier", "member_id")}
        return {"id": name} | {
            key: None if value is None else {"value": value} for key, value in held.items()
        }

    def _faults(self, number: int, one: Json) -> list[Json]:
        code = None
        if self._memory.customer(str(one.get("ownerId")).rpartition("/")[2]) is None:
            code = "INVALID"
        elif not one.get("value"):
            code = "BLANK"
        elif one.get("type") == "number_integer" and not str(one["value"]).lstrip("-").isdigit():
            code = "INVALID_VALUE"
        elif one.get("namespace") != NAMESPACE:
            code = "APP_NOT_AUTHORIZED"
        place = ["metafields", str(number)]
        return [{"code": code, "field": place, "message": "is not valid"}] if code else []


class Codes:
    """Shopify's discount codes, by the code: whom they are for, what they take off, and whether they are over."""

    def __init__(self) -> None:
        self.made: dict[str, Json] = {}
        self.ended: set[str] = set()

    def shown(self, variables: Json) -> Json:
        """A code as it is now; null for one there is not."""
        code = str(variables.get("code"))
        if code not in self.made:
            return {"code": None}
        status = "EXPIRED" if code in self.ended else "ACTIVE"
        return {"code": {"id": f"{_DISCOUNT}{code}", "discount": {"status": status}}}

    def make(self, variables: Json) -> Json:
        """A code there is already is taken."""
        wanted = variables.get("discount") or {}
        code = str(wanted.get("code"))
        fault = {"code": "TAKEN", "field": ["basicCodeDiscount", "code"], "message": "is taken"}
        if code in self.made:
            return {"discountCodeBasicCreate": {"userErrors": [fault]}}
        self.made[code] = wanted
        return {"discountCodeBasicCreate": {"userErrors": []}}

    def end(self, variables: Json) -> Json:
        """Switches a code off."""
        self.ended.add(str(variables.get("id")).removeprefix(_DISCOUNT))
        return {"discountCodeDeactivate": {"userErrors": []}}


def _ending(phone: str | None) -> str:
    return "".join(sign for sign in phone or "" if sign.isdigit())[-PHONE_DIGITS:]


def _fault(code: str, status: int = 400) -> Answer:
    return status, {"errors": [{"category": "INVALID_REQUEST_ERROR", "code": code, "detail": code.lower()}]}
