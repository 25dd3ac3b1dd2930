"""Members at the till: found by what they show or say, and shown whole."""

from __future__ import annotations

from typing import Annotated, Any, Final

from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.console.api.deps import AtVisit, Visit
from regulars.console.api.profiles import with_plus
from regulars.console.services import lookups
from regulars.console.services.members import Wanted
from regulars.vocabulary.errors import InvalidInput

from .reading import ANY, meet, meet_member
from .shapes import Matches, Member, member_of

MATCHES_MAX: Final = 10
"""So many are shown at most: a cashier picks among a family, not among a crowd."""
BY: Final = {
    "card": kinds.LOYALTY_CARD,
    "phone": kinds.PHONE,
    "email": kinds.EMAIL,
    "token": kinds.PAYMENT_TOKEN,
}
_Text = Annotated[str, Meta(min_length=1, max_length=500)]
_Code = Annotated[str, Meta(min_length=1, max_length=64)]
Programme = Annotated[
    int | None,
    QueryParameter(
        name="programme", ge=1, le=32_767, description="Number of a programme; absent: the first."
    ),
]
Point = Annotated[
    str | None,
    QueryParameter(
        name="point", max_length=64, description="A type of points; absent: the programme's first."
    ),
]


class MemberSearch(Struct, forbid_unknown_fields=True, kw_only=True):
    """What the customer shows or says: one of the first four.

    `token` is that of a payment card. `country` (ISO 3166) is where a phone number without prefix is read. `programme`
    and `point` say what is told of; the first of each where they are left out.
    """

    card: _Text | None = None
    phone: _Text | None = None
    email: _Text | None = None
    token: _Text | None = None
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None = None
    programme: Annotated[int, Meta(ge=1, le=32_767)] | None = None
    point: _Code | None = None


def _shown(name: str, text: str) -> Any:
    return QueryParameter(name=name, description=text, min_length=1, max_length=500)


@get("/v1/members", summary="Find members")
async def find_members(
    visit: AtVisit,
    card: Annotated[str | None, _shown("card", "Loyalty card, also one that was replaced.")] = None,
    phone: Annotated[str | None, _shown("phone", "Phone number.")] = None,
    email: Annotated[str | None, _shown("email", "E-mail, in any case.")] = None,
    token: Annotated[str | None, _shown("token", "Token of a payment card.")] = None,
    country: Annotated[
        str | None,
        QueryParameter(
            name="country", pattern="^[A-Z]{2}$", description="Where a phone without prefix is read."
        ),
    ] = None,
    programme: Programme = None,
    point: Point = None,
) -> Matches:
    """Give one of card, phone, email or token. Nobody is an empty list; of several the cashier picks one.

    Customers who have not joined are found as well, so that they can be. Contacts end up in proxies' logs this way:
    `POST /v1/members/search` takes the same in its body. 409 `member_blocked` for a card that was blocked.
    """
    return await search_for(
        visit,
        MemberSearch(
            card=card,
            phone=with_plus(phone),
            email=email,
            token=token,
            country=country,
            programme=programme,
            point=point,
        ),
    )


@post("/v1/members/search", summary="Find members, contacts in the body", status_code=200)
async def search_members(visit: AtVisit, data: JSONBody[MemberSearch]) -> Matches:
    """As `GET /v1/members`, with nothing personal in the address."""
    return await search_for(visit, data)


@get("/v1/members/{member_id:str}", summary="Show a member")
async def show_member(
    visit: AtVisit, member_id: FromPath[str], programme: Programme = None, point: Point = None
) -> Member:
    """Balance, every day on which points end, tier, open holds and consent of one customer."""
    return await shown(visit, member_id, Wanted(programme, point))


async def shown(visit: Visit, member_id: str, wanted: Wanted = ANY) -> Member:
    """Do what `show_member` says. Raises NotFound (unknown_member)."""
    return member_of(visit, await meet_member(visit, member_id, wanted))


async def search_for(visit: Visit, wanted: MemberSearch) -> Matches:
    """Do what `find_members` says. Raises InvalidInput unless exactly one thing is asked by."""
    given = [name for name in BY if getattr(wanted, name) is not None]
    if len(given) != 1:
        raise InvalidInput("Give one of card, phone, email or token.", field=given[1] if given else "card")
    by = given[0]
    kind, region = BY[by], wanted.country or visit.caller.source.region
    hashes = lookups.hashes_of(visit.vault, kind, getattr(wanted, by), region=region, sources=())
    question = lookups.identifiers_question(
        visit.vault,
        [(kind, value) for value in hashes],
        former=by == "card",
        after=lookups.FIRST,
        limit=MATCHES_MAX,
    )
    card = hashes[0] if by == "card" and hashes else None
    met = await meet(visit, question, Wanted(wanted.programme, wanted.point), card=card)
    return Matches([member_of(visit, one) for one in met])
