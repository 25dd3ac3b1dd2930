"""What a workspace goes by: its name, time zone, region of phone numbers, language and colour.

A value comes from one of three places: the operator of the server (settings file, environment, flag), who is not
overruled here; the workspace, which chooses on the settings page or over the API; else the program's default.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import datetime
from functools import cache
from typing import Final, Literal
from zoneinfo import available_timezones

import msgspec
from msgspec import Struct, field

from regulars.capabilities.identity.normalise import regions
from regulars.console.brand import brand_of
from regulars.console.i18n import _, languages, told
from regulars.store.audit import write_line_async
from regulars.store.database import AsyncConnection, Database
from regulars.store.queries import load_queries
from regulars.vocabulary.errors import InvalidInput

from .common import ChangedMeanwhile, has_controls, row

SETTINGS = load_queries("regulars.store.views", "settings.sql")
NAME_CHARACTERS_MAX: Final = 80
Name = Literal["name", "time_zone", "region", "language", "hue"]
Origin = Literal["operator", "workspace", "default"]
OBJECT: Final = "settings"
"""How the audit trail names the settings of the workspace."""
_SHOWN_CHARACTERS_MAX: Final = 40


class Values(Struct, frozen=True, kw_only=True):
    """Values that are in force. `hue` None: the colour of Regulars."""

    name: str = "Regulars"
    time_zone: str = "UTC"
    region: str = "GB"
    language: str = "en"
    hue: str | None = None


class Choices(Struct, frozen=True, kw_only=True):
    """What a workspace chose; None where it chose nothing."""

    name: str | None = None
    time_zone: str | None = None
    region: str | None = None
    language: str | None = None
    hue: str | None = None


class Saved(Struct, frozen=True):
    """The choices as they are kept. `version` rises with each change; 0 before the first."""

    choices: Choices = field(default_factory=Choices)
    version: int = 0
    changed_at: datetime | None = None
    changed_by: str = ""


class Ground(Struct, frozen=True):
    """What choices stand on: values the operator of the server set, and the program's defaults."""

    fixed: Mapping[str, str] = field(default_factory=dict)
    defaults: Values = field(default_factory=Values)

    def values(self, choices: Choices) -> Values:
        """What is in force. A choice that cannot be used any more, as after an update, gives way to the default."""
        chosen = {name: value for name, value in msgspec.structs.asdict(choices).items() if value is not None}
        usable = {name: value for name, value in chosen.items() if fault(name, value) is None}
        return msgspec.structs.replace(self.defaults, **{**usable, **self.fixed})

    def origin(self, name: str, choices: Choices) -> Origin:
        """Where the value in force comes from."""
        if name in self.fixed:
            return "operator"
        return "default" if getattr(choices, name) is None else "workspace"


async def load(conn: AsyncConnection, workspace_id: int) -> Saved:
    """What the workspace chose; one statement."""
    found = await row(conn, SETTINGS.load_settings, {"workspace_id": workspace_id})
    if found is None:
        return Saved()
    name, time_zone, region, language, hue, version, changed_at, changed_by = found
    choices = Choices(name=name, time_zone=time_zone, region=region, language=language, hue=hue)
    return Saved(choices, version, changed_at, changed_by)


async def save(
    database: Database,
    workspace_id: int,
    wanted: Mapping[str, str | None],
    *,
    version: int,
    ground: Ground,
    by: str,
    now: datetime,
) -> Saved:
    """Keep the choices that are named and leave the others; None goes back to the default. A repeat changes nothing.

    Raises InvalidInput for a value that cannot be used or that the operator has fixed, ChangedMeanwhile when
    somebody saved since `version`.
    """
    tidy = {name: tidied(name, value) for name, value in wanted.items()}
    for name, problem in faults(tidy, ground).items():
        raise InvalidInput(problem, field=name)
    async with database.write(workspace_id) as conn:
        before = await load(conn, workspace_id)
        if before.version != version:
            raise ChangedMeanwhile("version")
        choices = msgspec.structs.replace(
            before.choices, **{name: value for name, value in tidy.items() if name not in ground.fixed}
        )
        told = _differences(before.choices, choices)
        if not told:
            return before
        values = {"workspace_id": workspace_id, "version": version, "now": now, "by": by}
        params = {**values, **msgspec.structs.asdict(choices)}
        kept = await row(conn, SETTINGS.save_settings, params)
        if kept is None:
            raise ChangedMeanwhile("version")
        await write_line_async(conn, workspace_id, by, "settings.changed", OBJECT, told)
    return Saved(choices, kept[0], now, by)


def tidied(name: str, value: str | None) -> str | None:
    """A value as it is kept: trimmed, codes in their case; nothing at all for an empty one."""
    value = (value or "").strip()
    if name == "hue" and value:
        return "#" + value.removeprefix("#").lower()
    return (value.upper() if name == "region" else value) or None


def faults(wanted: Mapping[str, str | None], ground: Ground) -> dict[str, str]:
    """What is wrong with each value, by its name; empty when all can be kept."""
    found = {}
    for name, value in wanted.items():
        if name in ground.fixed:
            problem = (
                None
                if value in (None, ground.fixed[name])
                else _("The operator of this server has fixed this value.")
            )
        else:
            problem = None if value is None else fault(name, value)
        if problem is not None:
            found[name] = problem
    return found


def fault(name: str, value: str) -> str | None:
    """What is wrong with one value, None when it can be used."""
    if name == "name":
        fits = len(value) <= NAME_CHARACTERS_MAX and not has_controls(value)
        return None if fits else _("A name is one line of at most %(n)s characters.", n=NAME_CHARACTERS_MAX)
    if name == "hue":
        return _hue_fault(value)
    if value in _known(name):
        return None
    return {
        "time_zone": _("%(value)s is no IANA time zone such as Europe/London.", value=_short(value)),
        "region": _(
            "%(value)s is no country whose phone numbers are known, such as GB.", value=_short(value)
        ),
    }.get(name) or _("There is no catalogue for the language %(value)s.", value=_short(value))


@cache
def zones() -> tuple[str, ...]:
    """IANA time zones that places have, in order, for lists to choose from."""
    return (*sorted(one for one in _all_zones() if "/" in one and not one.startswith("Etc/")), "UTC")


@cache
def _all_zones() -> frozenset[str]:
    """Read once: the names are files in folders."""
    return frozenset(available_timezones())


def _hue_fault(value: str) -> str | None:
    try:
        brand_of(value)
    except InvalidInput as error:
        return told(error)
    return None


def _known(name: str) -> Container[str]:
    return _all_zones() if name == "time_zone" else regions() if name == "region" else languages()


def _short(value: str) -> str:
    return value if len(value) <= _SHOWN_CHARACTERS_MAX else value[:_SHOWN_CHARACTERS_MAX] + "…"


def _differences(before: Choices, after: Choices) -> dict[str, dict[str, str | None]]:
    """What changes, as the audit trail tells it."""
    return {
        name: {"before": getattr(before, name), "after": getattr(after, name)}
        for name in Choices.__struct_fields__
        if getattr(before, name) != getattr(after, name)
    }
