"""Matching models: which there are, which is at work, adding one, what it would change, putting it to work."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from litestar import get, post
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.console.services.models import (
    CONTENT_BYTES_MAX,
    REASON_CHARACTERS_MAX,
    Known,
    Models,
    number_of,
)
from regulars.console.services.previews import Look
from regulars.engine.preview import Preview
from regulars.vocabulary.errors import NotFound

from .deps import AtVisit, Visit

Reason = Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]


class MatchingModel(Struct, frozen=True):
    """A model. `frequencies`: it goes by counts of this workspace's values. `promoted_*`: when it was last put to work."""

    number: int
    name: str
    digest: str
    made_at: datetime | None
    made_by: str
    frequencies: bool
    at_work: bool
    promoted_at: datetime | None
    promoted_by: str | None
    reason: str | None


class MatchingStanding(Struct, frozen=True):
    """The model at work. `progress`: the share of the records matched anew by it (0 to 1), null when all are."""

    number: int
    progress: float | None


class MatchingModelList(Struct, frozen=True):
    """All models, the newest first, 1,000 at most."""

    data: list[MatchingModel]
    at_work: MatchingStanding


class OpenedMatchingModel(Struct, frozen=True):
    """A model with its file as it was given."""

    model: MatchingModel
    content: str


class NewMatchingModel(Struct, forbid_unknown_fields=True, kw_only=True):
    """A model to keep. `frequencies`: "keep" those that the model at work goes by, or go by "none"."""

    content: Annotated[str, Meta(max_length=CONTENT_BYTES_MAX, description="TOML.")]
    frequencies: Literal["keep", "none"] = "keep"


class MatchingReason(Struct, forbid_unknown_fields=True):
    """Why; kept in the audit trail."""

    reason: Reason


class MatchingPreview(Struct, frozen=True):
    """A preview on its way: `share` of the work done (0 to 1), then what was found, or in `fault` why nothing was."""

    number: int
    asked_at: datetime
    share: float
    preview: Preview | None
    fault: str | None


class SharedValue(Struct, frozen=True):
    """A value that names nobody, since it is of too many. `value` is null where nobody carries it any more."""

    kind: str
    value: str | None
    people: int
    records: int
    since: datetime


class SharedValueList(Struct, frozen=True):
    """Those of most people first, 200 at most. `crowded_keys`: keys that too many records share to be compared by."""

    data: list[SharedValue]
    count: int
    crowded_keys: int


@get("/v1/identity/models", summary="List matching models")
async def list_models(visit: AtVisit) -> MatchingModelList:
    """All models and which is at work."""
    models = _models(visit)
    standing = await models.standing()
    found = [_shown(one, standing.number) for one in await models.known()]
    return MatchingModelList(found, MatchingStanding(standing.number, standing.progress))


@post("/v1/identity/models", summary="Add a matching model")
async def add_model(visit: AtVisit, data: JSONBody[NewMatchingModel]) -> MatchingModel:
    """Check a model and keep it. It changes nothing until it is put to work; `field` of an error names the place."""
    number = await _models(visit).add(data.content, data.frequencies, visit.actor)
    return await _one(visit, number)


@get("/v1/identity/models/{number:str}", summary="Show a matching model")
async def show_model(visit: AtVisit, number: FromPath[str]) -> OpenedMatchingModel:
    """A model and its file."""
    wanted = number_of(number)
    return OpenedMatchingModel(await _one(visit, wanted), await _models(visit).content(wanted))


@post("/v1/identity/models/{number:str}/preview", summary="Preview a matching model", status_code=202)
async def start_preview(visit: AtVisit, number: FromPath[str]) -> MatchingPreview:
    """Begin to work out which profiles would merge or split under a model, over all records; read it by GET.

    One at a time: 409 while another model's preview is worked out.
    """
    wanted = number_of(number)
    content, frequencies = await _models(visit).stored(wanted)
    return _look(visit.deps.previews.start(visit.workspace_id, wanted, content, frequencies))


@get("/v1/identity/models/{number:str}/preview", summary="Show a preview")
async def show_preview(visit: AtVisit, number: FromPath[str]) -> MatchingPreview:
    """How far the preview is, or what it found. It is kept until the next one or until the program ends."""
    look = visit.deps.previews.last(visit.workspace_id, number_of(number))
    if look is None:
        raise NotFound("No preview of this model was asked for.", field="number")
    return _look(look)


@post("/v1/identity/models/{number:str}/promote", summary="Put a matching model to work", status_code=200)
async def promote_model(
    visit: AtVisit, number: FromPath[str], data: JSONBody[MatchingReason]
) -> MatchingStanding:
    """From now on people are matched by this model, and all records are matched anew by it while events go on."""
    models = _models(visit)
    await models.promote(visit.deps.gate, number_of(number), data.reason, visit.actor)
    return await _standing(models)


@post("/v1/identity/rollback", summary="Go back to the model before", status_code=200)
async def roll_back(visit: AtVisit, data: JSONBody[MatchingReason]) -> MatchingStanding:
    """Put the model to work that was at work before this one."""
    models = _models(visit)
    await models.rollback(visit.deps.gate, data.reason, visit.actor)
    return await _standing(models)


@get("/v1/identity/generic-values", summary="List values that name nobody")
async def list_generic_values(visit: AtVisit) -> SharedValueList:
    """Values that too many share: masked, in clear with pii:read."""
    quiet = await _models(visit).quiet(masked=not visit.clear)
    found = [SharedValue(one.kind, one.shown, one.people, one.records, one.since) for one in quiet.values]
    return SharedValueList(found, quiet.count, quiet.crowded)


def _models(visit: Visit) -> Models:
    return Models(visit.api.database, visit.vault, visit.deps.clock)


async def _standing(models: Models) -> MatchingStanding:
    standing = await models.standing()
    return MatchingStanding(standing.number, standing.progress)


async def _one(visit: Visit, number: int) -> MatchingModel:
    models = _models(visit)
    at_work = (await models.standing()).number
    return _shown(await models.one(number), at_work)


def _shown(one: Known, at_work: int) -> MatchingModel:
    return MatchingModel(
        one.number, one.name, one.digest, one.made_at, one.made_by, one.frequencies, one.number == at_work,
        one.promoted_at, one.promoted_by, one.reason,
    )  # fmt: skip


def _look(look: Look) -> MatchingPreview:
    return MatchingPreview(look.number, look.asked_at, look.share, look.preview, look.fault)
