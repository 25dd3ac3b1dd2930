"""Cards of a member: issued, replaced, blocked, and let in again.

A card has a record of its own, and a decision says that it is the member's; so an old card keeps finding them, and two
cards of one person wait for nobody's judgement. What a card is worth is the status of its record's account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Annotated, Final, Literal
from uuid import uuid4

import msgspec
from litestar import post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.loyalty import state
from regulars.capabilities.loyalty.programme import in_force
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.services import lookups
from regulars.console.services.lookups import Found
from regulars.console.services.member_books import programmes
from regulars.vocabulary.errors import InvalidInput, Unprocessable
from regulars.vocabulary.events import ENROLLED, LINKED, Customer, Decision, Event, Id, Loyalty
from regulars.vocabulary.intake import TILL, own_source

from .enrolment import card_question
from .reading import find_member, meet, meet_member, standing_of
from .refusals import refused
from .shapes import Member, member_of
from .telling import check, command, note, record_of, tell

Action = Literal["issue", "replace", "block", "unblock"]
_ACTIONS: Final[Mapping[Action, str]] = {
    "issue": "card.issued",
    "replace": "card.replaced",
    "block": "card.blocked",
    "unblock": "card.unblocked",
}


class CardChange(Struct, forbid_unknown_fields=True, kw_only=True):
    """What becomes of a card. `replaces`: the old card that `card` takes the place of.

    `reason` is kept with the decision and in the audit trail, so it names nobody.
    """

    action: Action
    card: Id
    replaces: Id | None = None
    reason: Annotated[str, Meta(max_length=200)] = ""


@post("/v1/members/{member_id:str}/cards", summary="Issue, replace or block a card", status_code=200)
async def change_card(visit: AtVisit, member_id: FromPath[str], data: JSONBody[CardChange]) -> Member:
    """Give a member a card, another one for one they lost (the old one still finds them), or block one.

    A blocked card is refused at look-up, and no points of its member can be spent until it is replaced or unblocked.
    A repeat changes nothing.
    """
    if (data.action == "replace") != (data.replaces is not None):
        raise InvalidInput("Name the old card where one is replaced, and only there.", field="replaces")
    found = await find_member(visit, member_id)
    standing = await standing_of(visit, found)
    if not standing.enrolled:
        raise refused("not_a_member", field="member_id")
    if data.action in ("issue", "replace"):
        changed = await _issue(visit, data, found, standing.cards)
    else:
        status = state.BLOCKED if data.action == "block" else state.ACTIVE
        changed = await _set(visit, _records(visit, found, data.card, "card"), status, standing.cards)
    if changed:
        object_ = f"profile:{found.profile_id.hex}"
        await note(visit, _ACTIONS[data.action], object_, {"reason": data.reason})
    return member_of(visit, await meet_member(visit, found.profile_id.hex))


async def _issue(visit: Visit, data: CardChange, found: Found, said: Mapping[str, str]) -> bool:
    """Make a card the member's; False where it was. Raises Conflict (card_in_use)."""
    old = _records(visit, found, data.replaces, "replaces") if data.replaces is not None else []
    if data.replaces == data.card:
        raise InvalidInput("The new card is the old one.", field="replaces")
    changed = False
    if not _holding(visit, found, data.card):
        record_id = record_of(visit, Customer(loyalty_card=data.card))
        if record_id is None:
            raise refused("unusable_card", field="card")
        if await _in_use(visit, data.card, record_id):
            raise refused("card_in_use", field="card")
        await _link(visit, data, found, record_id)
        changed = True
    return await _set(visit, old, state.REPLACED, said) or changed


async def _in_use(visit: Visit, card: str, record_id: str) -> bool:
    """Whether a card is somebody's: of a member, or known with more than itself (bought with before it was issued)."""
    met = await meet(visit, card_question(visit, _hashes(visit, card)))
    return any(
        one.standing.enrolled or any(part.record_id.hex != record_id for part in one.found.parts)
        for one in met
    )


async def _link(visit: Visit, data: CardChange, found: Found, record_id: str) -> None:
    """A record of the card alone, the decision whose it is, and its account in every programme."""
    customer, now = Customer(loyalty_card=data.card), visit.deps.clock()
    results = await tell(
        visit, [Event(id=f"card-{uuid4().hex}", type="customer.updated", occurred_at=now, customer=customer)]
    )
    if results[0].profile_id is None:
        raise refused("unusable_card", field="card")
    pairs = [
        (min(record_id, part.record_id.hex), max(record_id, part.record_id.hex))
        for part in found.parts
        if part.record_id.hex != record_id
    ]
    said = Decision(sorted(pairs), together=True, actor=visit.actor, reason=data.reason or data.action)
    decision = Event(id=f"decision-{uuid4().hex}", type=LINKED, occurred_at=now, decision=said)
    source = own_source(visit.workspace_id)
    (result,) = await visit.deps.gate.submit(source, [msgspec.json.encode(decision)], door=TILL)
    if result.error is not None:
        raise Unprocessable(result.error.message, code=result.error.code, field=result.error.field)
    await _set(visit, [record_id], state.ACTIVE, {})


async def _set(visit: Visit, records: Iterable[str], status: str, said: Mapping[str, str]) -> bool:
    """Give accounts of records a status in every programme that holds; whether any had another."""
    fallback = None if status == state.ACTIVE else state.ACTIVE
    changed = [one for one in records if said.get(one, fallback) != status]
    now, known = visit.deps.clock(), await programmes(visit.api.database, visit.workspace_id)
    numbers = [n for n, versions in sorted(known.items()) if in_force(versions, now) is not None]
    for record_id, number in product(changed, numbers):
        answer = await command(visit, ENROLLED, Loyalty(programme=number, member=record_id, status=status))
        if answer is not None:
            check(answer)
    return bool(changed)


def _records(visit: Visit, found: Found, card: str, field: str) -> list[str]:
    """The member's records with a card. Raises NotFound (unknown_card)."""
    records = _holding(visit, found, card)
    if not records:
        raise refused("unknown_card", field=field)
    return records


def _holding(visit: Visit, found: Found, card: str) -> list[str]:
    wanted = set(_hashes(visit, card))
    name = kinds.NAMES[kinds.LOYALTY_CARD]
    return [
        part.record_id.hex
        for part in found.parts
        if any(one.kind == name and one.hash in wanted for one in part.identities())
    ]


def _hashes(visit: Visit, card: str) -> list[str]:
    return lookups.hashes_of(visit.vault, kinds.LOYALTY_CARD, card, region="", sources=())
