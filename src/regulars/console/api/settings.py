"""What a workspace goes by: name, time zone, region of phone numbers, language and colour."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, put
from litestar.params import JSONBody
from msgspec import Meta, Struct

from regulars.console.services.workspace_settings import Choices, Ground, Origin, Saved, load, save

from .deps import AtVisit


class Value(Struct, frozen=True):
    """A value in force, and who said so: the operator of the server, the workspace, or nobody yet."""

    value: str | None
    origin: Origin


class Settings(Struct, frozen=True):
    """The settings of a workspace. `version` goes back with a change; `hue` null is the colour of Regulars."""

    name: Value
    time_zone: Value
    region: Value
    language: Value
    hue: Value
    version: int
    changed_at: datetime | None


_Choice = Annotated[str, Meta(max_length=200)] | None


class NewSettings(Struct, forbid_unknown_fields=True, kw_only=True):
    """All that the workspace chooses; null or absent goes back to the default."""

    version: Annotated[int, Meta(ge=0, le=2**31 - 1, description="As it was read.")]
    name: _Choice = None
    time_zone: Annotated[_Choice, Meta(description="IANA name, such as Europe/London.")] = None
    region: Annotated[_Choice, Meta(description="Country (ISO 3166) of phone numbers without a prefix.")] = (
        None
    )
    language: _Choice = None
    hue: Annotated[_Choice, Meta(description="Colour of the console, such as #0b6b58.")] = None


@get("/v1/settings", summary="Show settings")
async def show_settings(visit: AtVisit) -> Settings:
    """Each value in force and where it comes from."""
    async with visit.api.database.read(visit.workspace_id) as conn:
        return _shown(visit.deps.ground, await load(conn, visit.workspace_id))


@put("/v1/settings", summary="Change settings")
async def put_settings(visit: AtVisit, data: JSONBody[NewSettings]) -> Settings:
    """Replace all choices of the workspace; 409 when somebody else saved since `version`."""
    wanted = {name: getattr(data, name) for name in Choices.__struct_fields__}
    saved = await save(
        visit.api.database,
        visit.workspace_id,
        wanted,
        version=data.version,
        ground=visit.deps.ground,
        by=visit.actor,
        now=visit.deps.clock(),
    )
    return _shown(visit.deps.ground, saved)


def _shown(ground: Ground, saved: Saved) -> Settings:
    values = msgspec.structs.asdict(ground.values(saved.choices))
    told = {name: Value(value, ground.origin(name, saved.choices)) for name, value in values.items()}
    return Settings(**told, version=saved.version, changed_at=saved.changed_at)
