"""How a source names a member in an event: so that the sale counts on a record that is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from regulars.capabilities.identity import kinds
from regulars.console.api.deps import Visit
from regulars.console.services.lookups import Found
from regulars.console.services.people import Part, last_scalar
from regulars.vocabulary.errors import Unprocessable
from regulars.vocabulary.events import Customer

from .telling import record_of


def customer_of(visit: Visit, found: Found) -> Customer:
    """A member as the key's source names them: by a record of its own where there is one, else by their card.

    Else by their contacts with their name, by which they are known again as anybody is. Raises Unprocessable where
    nothing of that is known.
    """
    source_id = visit.caller.source.source_id
    for part in (part for part in found.parts if part.source_id == source_id):
        for name, value in _said(part, kinds.KEY_ORDER):
            told = _named({name: value})
            if record_of(visit, told) == part.record_id.hex:
                return told
    cards = [value for part in found.parts for _, value in _said(part, (kinds.LOYALTY_CARD,))]
    if cards:
        return Customer(loyalty_card=cards[0])
    said = dict(one for part in found.parts for one in _said(part, (kinds.EMAIL, kinds.PHONE)))
    if not said:
        raise Unprocessable(
            "This till has nothing to know the member by again: enrol them here, or issue a card.",
            code="unnamed_member",
            field="member_id",
        )
    names = {name: last_scalar(found.parts, name) for name in ("given_name", "family_name")}
    return _named(said | names)


def _said(part: Part, wanted: Iterable[int]) -> Iterator[tuple[str, str]]:
    """What a record carries now, by the name of its kind."""
    for kind in wanted:
        for value, _ in part.fields.current(kind):
            yield kinds.NAMES[kind], value


def _named(parts: dict[str, Any]) -> Customer:
    return Customer(**parts)
