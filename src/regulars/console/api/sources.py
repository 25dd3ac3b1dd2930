"""Sources: who may tell us things, and how to read them. Secrets go in and are never shown again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field

from regulars.console.services.write_back import require_can_write_back
from regulars.store.sources import DEFAULT_KIND, DEFAULT_REGION, KnownSource
from regulars.vocabulary.connector import Connector
from regulars.vocabulary.errors import InvalidInput, NotFound
from regulars.vocabulary.events import Text

from .deps import AtVisit, Visit
from .paging import ROWS, Cursor, Limit, cut, read_cursor

Value = Annotated[str, Meta(max_length=4_000)]
Name = Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="Stands in addresses.")]
Values = Annotated[dict[str, Value], Meta(max_length=50)]


class SourceSettings(Struct, forbid_unknown_fields=True):
    """How a source is set up. `options` are replaced; `secrets` too, where any are given.

    Options every source takes: `region` (ISO 3166, where phones without prefix are read), `currency`. A source whose
    vendor keeps points takes `write_back` (on or off) and `write_back_programme`. A
    vendor's own are those of its connector, told by the error that names a missing one.
    """

    options: Values = field(default_factory=dict)
    secrets: Values = field(default_factory=dict)


class NewSource(SourceSettings, forbid_unknown_fields=True, kw_only=True):
    """A source with its name. `kind` names a connector, or is `api`, `segment` or a word of your own.

    Sources of one `till_system` share receipts: the first to tell of one counts it, the others add to it.
    `receipts_never_reset`: a receipt number is never used again, so shop, till and day do not matter.
    """

    name: Name
    kind: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,62}$")] = DEFAULT_KIND
    till_system: Annotated[Text, Meta(min_length=1)] | None = None
    receipts_never_reset: bool | None = None


class Source(Struct, frozen=True):
    """A source without its secrets. `hook` is the path a vendor sends to, for sources of a connector."""

    name: str
    kind: str
    till_system: str
    receipts_never_reset: bool
    region: str
    options: dict[str, str]
    secret_names: Annotated[list[str], Meta(description="Which secrets are set.")]
    hook: str | None
    created_at: datetime
    disabled_at: datetime | None


class SourcePage(Struct, frozen=True):
    """One page of sources."""

    data: list[Source]
    next: str | None


@get("/v1/sources", summary="List sources")
async def list_sources(visit: AtVisit, limit: Limit = ROWS, cursor: Cursor = None) -> SourcePage:
    """All sources in the order they were added."""
    place = read_cursor(cursor, tuple[int])
    after = place[0] if place else -1
    listed = await visit.deps.sources.list(visit.workspace_id)
    rest = [known for known in listed if known.source.source_id > after]
    kept, more = cut(rest, limit, lambda known: (known.source.source_id,))
    return SourcePage([_shown(visit, known) for known in kept], more)


@get("/v1/sources/{name:str}", summary="Show a source")
async def show_source(visit: AtVisit, name: FromPath[str]) -> Source:
    """One source."""
    return _shown(visit, await known_source(visit, name))


@post("/v1/sources", summary="Add a source")
async def add_source(visit: AtVisit, data: JSONBody[NewSource]) -> Source:
    """Add a source. A vendor's needs what its connector asks for, some of it as secrets."""
    connector = visit.deps.connectors.get(data.kind)
    never = data.receipts_never_reset
    require_can_write_back(visit.deps.connectors, data.kind, data.options)
    if connector is not None:
        _check(connector, data.options, data.secrets)
        never = connector.receipts_never_reset if never is None else never
    known = await visit.deps.sources.create(
        visit.workspace_id,
        data.name,
        kind=data.kind,
        till_system=data.till_system,
        receipts_never_reset=never,
        options=data.options,
        secrets=data.secrets or None,
        actor=visit.actor,
    )
    return _shown(visit, known)


@put("/v1/sources/{name:str}", summary="Set up a source")
async def configure_source(visit: AtVisit, name: FromPath[str], data: JSONBody[SourceSettings]) -> Source:
    """Replace the options of a source, and its secrets when some are given."""
    known = await known_source(visit, name)
    connector = visit.deps.connectors.get(known.source.kind)
    require_can_write_back(visit.deps.connectors, known.source.kind, data.options)
    if connector is not None:
        _check(connector, data.options, data.secrets or known.config.secrets)
    changed = await visit.deps.sources.configure(
        visit.workspace_id, name, options=data.options, secrets=data.secrets or None, actor=visit.actor
    )
    visit.deps.keys.forget()
    return _shown(visit, changed)


@post("/v1/sources/{name:str}/disable", summary="Close a source", status_code=200)
async def disable_source(visit: AtVisit, name: FromPath[str]) -> Source:
    """Refuse what a source sends, and its keys, until it is opened again."""
    return await _switch(visit, name, disabled=True)


@post("/v1/sources/{name:str}/enable", summary="Open a source again", status_code=200)
async def enable_source(visit: AtVisit, name: FromPath[str]) -> Source:
    """Take what a source sends again."""
    return await _switch(visit, name, disabled=False)


async def _switch(visit: Visit, name: str, *, disabled: bool) -> Source:
    if disabled and name == visit.caller.source.name:
        raise InvalidInput("This is the source of your own key; it would lock you out.", field="name")
    await visit.deps.sources.disable(visit.workspace_id, name, disabled=disabled, actor=visit.actor)
    visit.deps.keys.forget()
    return _shown(visit, await known_source(visit, name))


async def known_source(visit: Visit, name: str) -> KnownSource:
    """The source of a name, as it is set up now. Raises NotFound."""
    visit.deps.sources.forget()
    known = await visit.deps.sources.find(visit.workspace_id, name)
    if known is None:
        raise NotFound("There is no source with this name.", field="name")
    return known


def _check(connector: Connector, options: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Raises InvalidInput when a required setting is missing or a secret is given as an option."""
    given = {"secrets": secrets, "options": options}
    for setting in connector.settings:
        place, elsewhere = ("secrets", "options") if setting.secret else ("options", "secrets")
        if setting.name in given[elsewhere]:
            raise InvalidInput(f"{setting.name} belongs into {place}.", field=f"{elsewhere}.{setting.name}")
        if setting.required and not given[place].get(setting.name):
            raise InvalidInput(
                f"{connector.title} needs {setting.name}: {setting.help}.", field=f"{place}.{setting.name}"
            )


def _shown(visit: Visit, known: KnownSource) -> Source:
    source = known.source
    hook: Any = None
    if source.kind in visit.deps.connectors:
        prefix = "" if visit.workspace_id == visit.deps.workspace_id else f"{visit.workspace_id}."
        hook = f"/hooks/{prefix}{source.name}"
    return Source(
        name=source.name,
        kind=source.kind,
        till_system=source.till_system,
        receipts_never_reset=source.receipts_never_reset,
        region=known.options.get("region", DEFAULT_REGION),
        options=dict(known.options),
        secret_names=sorted(known.config.secrets),
        hook=hook,
        created_at=known.created_at,
        disabled_at=known.disabled_at,
    )
