"""What the console's addresses and forms ask for, and a browser that fills them in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import httpx
from msgspec import Struct

from regulars.console.services.programmes import shipped_text as shipped_programme
from regulars.engine.identity_memory import shipped_text
from tests.console.told import NOBODY
from tests.fresh import fresh

HUE: Final = "#aa3377"
QUERIES: Final = {
    "/live": {"topics": "home"},
    "/reports/store": {"store": "{code}"},
    "/reports/store.csv": {"store": "{code}"},
    "/settings/products/edit": {"code": "{code}"},
    "/settings/staff/edit": {"code": "{code}"},
    "/settings/stores/edit": {"code": "{code}"},
}
"""What an address asks for beside its path."""
TOLD = "-told"
"""Ends the name of a source whose vendor is told of members."""
OFFER: Final = (
    'id = "{promotion}"\nname = "Tea"\ncode_required = true\n[effect]\nkind = "percentage"\noff_bp = 500\n'
)
_TOLD: Final = {"url": f"{NOBODY}/in", "type:sale.recorded": "1"}
FORMS: Final[Mapping[str, Mapping[str, str]]] = {
    "/approvals/{approval}/decide": {"answer": "reject", "note": "Seen."},
    "/customers/{profile}/points/adjust": {
        "key": "key-of-one-form-{one}",
        "way": "give",
        "amount": "5",
        "reason": "Broken mug.",
        "programme": "1",
    },
    "/customers/{profile}/consent": {"channel": "email", "answer": "granted", "reason": "Told at the desk."},
    "/customers/duplicates/decide": {"pair": "{pair}", "answer": "together", "reason": "Told."},
    "/customers/duplicates/decisions/{decision}/undo": {"reason": "Told."},
    "/customers/duplicates/many": {"pairs": "{pair}", "answer": "apart", "reason": "Told."},
    "/customers/{profile}/merge": {"with": "{stranger}", "reason": "Told."},
    "/customers/{profile}/take-apart": {"record.{record}": "1", "step": "do", "reason": "Told."},
    "/events/rejected/replay": {"id": "{quarantine}"},
    "/keys/{key_id}/rotate": {"overlap_hours": "24"},
    "/keys/sources/{name}/write-back": {"on": "on", "programme": "1"},
    "/keys": {"name": "{one}", "source": "{name}", "scope.events:write": "1"},
    "/language": {"language": "en"},
    "/loyalty/new": {"content": shipped_programme()},
    "/loyalty/{number}/edit": {"content": shipped_programme()},
    "/loyalty/{number}/publish": {"reason": "Tried.", "effective_from": ""},
    "/loyalty/{number}/try": {"currency": "GBP", "line.0.sku": "A", "line.0.total": "9.99"},
    "/matching/models/new": {"content": shipped_text(), "frequencies": "none"},
    "/matching/models/{number}/promote": {"reason": "Tried."},
    "/matching/rollback": {"reason": "Tried."},
    "/people/invite": {"email": "{one}@example.com", "name": "Ivy", "role": "manager"},
    "/people/view-as": {"role": "manager"},
    "/people/{user}/role": {"role": "manager"},
    "/people/{user}/stores": {"all": "1"},
    "/promotions/new": {"content": OFFER.replace("{promotion}", "p{one}")},
    "/promotions/try": {"currency": "GBP", "sku-0": "{code}", "price-0": "1.50"},
    "/promotions/{promotion}/codes.csv": {"count": "2"},
    "/promotions/{promotion}/edit": {"content": OFFER},
    "/promotions/{promotion}/word": {"code": "{one}"},
    "/requests": {"kind": "access", "came_by": "letter", "received_on": "{today}", "customer": "{profile}"},
    "/requests/consent": {"address": "own@example.com"},
    "/requests/find": {"q": "own@example.com"},
    "/requests/{number}": {"step": "notes", "note": "Called."},
    "/settings": {"version": "{version}"},
    "/settings/appearance": {"version": "{version}", "hue": HUE},
    "/settings/products/edit": {"code": "{code}", "read": "{read}", "name": "Mug"},
    "/settings/products/new": {"code": "{one}"},
    "/settings/staff/edit": {"code": "{code}", "read": "{read}", "given_name": "Sol"},
    "/settings/staff/new": {"code": "{one}"},
    "/settings/stores/edit": {"code": "{code}", "read": "{read}", "name": "Quay"},
    "/settings/stores/new": {"code": "{one}"},
    "/store/c/{profile}/consent": {"channel": "email", "status": "granted", "key": "key-of-one-form-{one}"},
    "/store/c/{profile}/join": {"programme": "1"},
    "/store/c/{profile}/release": {"hold": "0123456789abcdef0123456789abcdef"},
    "/store/c/{profile}/reserve": {"programme": "1", "reward": "mug", "key": "key-of-one-form-{one}"},
    "/store/enrol": {"given_name": "Enid", "email": "{one}@example.com", "key": "key-of-one-form-{one}"},
    "/store/find": {"q": "own@example.com"},
    "/store/till/slip": {"sku.1": "{code}", "quantity.1": "1", "price.1": "2.00"},
    "/theme": {"theme": "dark"},
    "/webhooks": _TOLD,
    "/webhooks/{webhook_id}/edit": _TOLD,
    "/webhooks/{webhook_id}/resend": {"since": "2026-01-01"},
}
"""What a form asks for beside its token."""


class Visitor(Struct, frozen=True):
    """A browser, and the token that its session's forms carry."""

    client: httpx.Client
    csrf: str

    def call(self, method: str, path: str, ids: Mapping[str, str]) -> int:
        """The status of a call, with what the address or the form asks for; a stream is not read."""
        ids = {**ids, "one": fresh()}
        if method == "POST":
            fields = filled(FORMS.get(path, {}), ids)
            return self.client.post(fill(path, ids), data={"csrf": self.csrf, **fields}).status_code
        asked = filled(QUERIES.get(path, {}), ids)
        with self.client.stream(method, fill(path, ids), params=asked) as answer:
            return answer.status_code


def filled(fields: Mapping[str, str], ids: Mapping[str, str]) -> dict[str, str]:
    """The fields of a form with the names and ids that are at hand."""
    return {fill(name, ids): fill(text, ids) for name, text in fields.items()}


def fill(text: str, ids: Mapping[str, str]) -> str:
    """A text with the names and ids that are at hand."""
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], text)
