"""The household of a profile: who shares a home or a contact with it, found round by round within bounds."""

from __future__ import annotations

from collections import defaultdict
from typing import Final
from uuid import UUID

from msgspec import Struct

from regulars.capabilities.identity.households import RECORDS_MAX, Circle, Tie, household_id
from regulars.console.i18n import _, later
from regulars.store.database import AsyncConnection
from regulars.store.queries import load_queries
from regulars.store.vault import Vault

from .common import rows
from .explained_lines import Eyes
from .people import Part, load_parts, name_of
from .profile import unknown_profile

SQL = load_queries("regulars.store.views", "households.sql")
_WORDS: Final = {Tie.ADDRESS: later("Address"), Tie.EMAIL: later("E-mail"), Tie.PHONE: later("Phone")}


class Member(Struct, frozen=True):
    """A profile of a household with its full name, and what ties it to another of them."""

    profile_id: UUID
    name: str | None
    known: bool
    ties: list[Tie]


class Household(Struct, frozen=True):
    """All profiles of a household, in the order of their ids; `too_many` where so many hang together that it is none."""

    household_id: str
    members: list[Member]
    too_many: bool


class HouseholdLine(Struct, frozen=True):
    """A member as the console lists it; `shares` in words."""

    profile_id: UUID
    name: str
    shares: str


async def load_household(conn: AsyncConnection, vault: Vault, profile_id: UUID) -> Household:
    """The household of a profile; somebody who shares nothing is one alone. Raises NotFound for no profile's id."""
    circle, parts = Circle(profile_id.hex), dict[UUID, list[Part]]()
    while wanted := circle.unread():
        found = await load_parts(conn, vault, [UUID(profile) for profile in wanted])
        parts |= found
        for profile in wanted:
            circle.read(
                profile, (key for part in found.get(UUID(profile), ()) for key in part.fields.household)
            )
        await _hear(conn, vault, circle)
    if profile_id not in parts:
        raise unknown_profile()
    members = [
        Member(UUID(one), name_of(parts[UUID(one)]), any(part.known for part in parts[UUID(one)]), ties)
        for one, ties in circle.members().items()
        if UUID(one) in parts  # merged meanwhile
    ]
    return Household(
        household_id((one.profile_id.hex for one in members), vault.hash), members, circle.too_many
    )


async def _hear(conn: AsyncConnection, vault: Vault, circle: Circle) -> None:
    keys = circle.unheard()
    carriers: dict[int, dict[str, str]] = defaultdict(dict)
    if keys:
        asked = {"workspace_id": vault.workspace_id, "keys": keys, "limit": RECORDS_MAX + 1}
        for key, record_id, profile_id in await rows(conn, SQL.carriers, asked):
            carriers[key][record_id.hex] = profile_id.hex
    for key in keys:
        circle.hear(key, carriers[key])


def household_lines(household: Household, eyes: Eyes, but: UUID) -> list[HouseholdLine]:
    """The members as the console lists them, all but one."""
    return [
        HouseholdLine(
            profile_id=one.profile_id,
            name=eyes.name(one.name)
            or (_("Customer without a name") if one.known else _("Anonymous customer")),
            shares=", ".join(_(_WORDS[tie]) for tie in one.ties),
        )
        for one in household.members
        if one.profile_id != but
    ]
