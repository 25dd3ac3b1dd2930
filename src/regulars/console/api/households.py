"""The household of a profile, as evidence: its members stay customers of their own."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from litestar import get
from litestar.params import FromPath
from msgspec import Meta, Struct

from regulars.capabilities.identity.households import Tie
from regulars.console.services.explained_lines import Eyes
from regulars.console.services.households import load_household
from regulars.console.services.profile import resolve

from .deps import AtVisit
from .profiles import profile_id_in
from .shapes import Id, mask_name

Shared = Literal["address", "email", "phone"]
_SHARED: Final[dict[Tie, Shared]] = {Tie.ADDRESS: "address", Tie.EMAIL: "email", Tie.PHONE: "phone"}


class HouseholdMember(Struct, frozen=True):
    """A profile of a household. The name is masked without pii:read."""

    profile_id: Id
    name: str | None
    shares: Annotated[
        list[Shared], Meta(description="What it shares with another member; empty for one alone.")
    ]


class Household(Struct, frozen=True):
    """Profiles that share a home or a contact. They are not merged and their figures are not added up."""

    id: Annotated[Id, Meta(description="Changes when its smallest member comes or goes.")]
    members: list[HouseholdMember]
    too_many: Annotated[
        bool, Meta(description="More than 12 profiles hang together, so the profile is listed alone.")
    ]


@get("/v1/profiles/{profile_id:str}/household", summary="Show the household of a profile")
async def show_household(visit: AtVisit, profile_id: FromPath[str]) -> Household:
    """Who shares an address with a like family name, an e-mail or a phone with the profile, directly or through others.

    An address, e-mail or phone of more than 12 profiles ties nobody.
    """
    asked, eyes = profile_id_in(profile_id), Eyes(clear=visit.clear, hide_name=mask_name)
    async with visit.api.database.read(visit.workspace_id) as conn:
        found = await load_household(conn, visit.vault, await resolve(conn, visit.workspace_id, asked))
    members = [
        HouseholdMember(one.profile_id.hex, eyes.name(one.name), [_SHARED[tie] for tie in one.ties])
        for one in found.members
    ]
    return Household(found.household_id, members, found.too_many)
