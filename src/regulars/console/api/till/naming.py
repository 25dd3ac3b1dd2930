"""How a source names a member in an event: so that the sale counts on a record that is theirs."""

from __future__ import annotations

from typing import Any

from regulars.capabilities.identity import kinds
from regulars.console.api.deps import Visit
from regulars.console.services.lookups import Found
from regulars.console.services.people import last_scalar
from regulars.vocabulary.errors import Unprocessable
from regulars.vocabulary.events import Customer

from .telling import record_of

_SHARED = (kinds.EMAIL, kinds.PHONE)


def customer_of(visit: Visit, found: Found) -> Customer:
    """A member as the key's source names them: by a record of its own where there is one, else by their card.

    Else by their contacts with their name, by which they are known again as anybody is. Raises Unprocessable where
    nothing of that is known.
    """
    for part in found.parts:
        if part.source_id != visit.caller.source.source_id:
            continue
        for kind in kinds.KEY_ORDER:
            for value, _ in part.fields.current(kind):
                told = _named({kinds.NAMES[kind]: value})
                if record_of(visit, told) == part.record_id.hex:
                    return told
    said: dict[str, Any] = {}
    for part in found.parts:
        for kind in (kinds.LOYALTY_CARD, *_SHARED):
            for value, _ in part.fields.current(kind):
                said.setdefault(kinds.NAMES[kind], value)
    card = said.pop("loyalty_card", None)
    if card is not None:
        return Customer(loyalty_card=card)
    if not said:
        raise Unprocessable(
            "This till has nothing to know the member by again: enrol them here, or issue a card.",
            code="unnamed_member",
            field="member_id",
        )
    names = {name: last_scalar(found.parts, name) for name in ("given_name", "family_name")}
    return _named(said | names)


def _named(parts: dict[str, Any]) -> Customer:
    return Customer(**parts)
