"""Loyalty programmes: which there are, drafts, versions, what a draft changes, putting one in force."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from litestar import get, post, put
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from regulars.capabilities.loyalty.programme import Fault, lint
from regulars.capabilities.loyalty.sentences import describe
from regulars.console.services.programmes import (
    CONTENT_BYTES_MAX,
    REASON_CHARACTERS_MAX,
    Known,
    Opened,
    Programmes,
    VersionOf,
    number_of,
    version_of,
)

from .deps import AtVisit, Visit


class LoyaltyProgramme(Struct, frozen=True):
    """A programme. `live`: the version that holds now; `next_from`: when the next one will; `draft`: its digest."""

    number: int
    name: str
    made_at: datetime
    made_by: str
    live: int | None
    next_from: datetime | None
    draft: str | None


class LoyaltyProgrammeList(Struct, frozen=True):
    """All programmes, by number; 20 at most."""

    data: list[LoyaltyProgramme]


class ProgrammeVersion(Struct, frozen=True):
    """A version, or the draft as version 0. It holds from `effective_from` on; who published it when, and why."""

    version: int
    digest: str
    effective_from: datetime | None
    made_at: datetime
    made_by: str
    reason: str


class ProgrammeVersionList(Struct, frozen=True):
    """The draft, then what was published, the newest first; 1,000 at most."""

    data: list[ProgrammeVersion]


class ProgrammeFault(Struct, frozen=True):
    """What can be read but is most likely not meant; `field` names the place in the text."""

    field: str
    message: str


class OpenedProgramme(Struct, frozen=True):
    """A version with its text, what it says in sentences, and what in it should be looked at."""

    version: ProgrammeVersion
    content: str
    sentences: list[str]
    faults: list[ProgrammeFault]


class NewProgramme(Struct, forbid_unknown_fields=True):
    """The text of a programme, TOML."""

    content: Annotated[str, Meta(max_length=CONTENT_BYTES_MAX, description="TOML.")]


class SavedProgramme(Struct, frozen=True):
    """A draft that was kept, and what in it should be looked at before it is published."""

    programme: LoyaltyProgramme
    faults: list[ProgrammeFault]


class ProgrammeChange(Struct, frozen=True):
    """Sentences about one place of the text that no longer hold, and those that hold instead. `kind`: added, removed or changed."""

    about: str
    kind: str
    before: list[str]
    after: list[str]


class ProgrammeComparison(Struct, frozen=True):
    """What publishing the draft would change. `against`: the version that holds, null where none does."""

    against: int | None
    changes: list[ProgrammeChange]
    faults: list[ProgrammeFault]


class Publication(Struct, forbid_unknown_fields=True, kw_only=True):
    """Why a draft is published, and from when on sales are counted by it: from now on when absent."""

    reason: Annotated[str, Meta(min_length=1, max_length=REASON_CHARACTERS_MAX)]
    effective_from: Annotated[datetime, Meta(tz=True)] | None = None


@get("/v1/programmes", summary="List loyalty programmes")
async def list_programmes(visit: AtVisit) -> LoyaltyProgrammeList:
    """All programmes, which version of each holds now, and when the next one will."""
    return LoyaltyProgrammeList([_programme(one) for one in await programmes_of(visit).known()])


@post("/v1/programmes", summary="Draft a loyalty programme")
async def add_programme(visit: AtVisit, data: JSONBody[NewProgramme]) -> SavedProgramme:
    """Check a programme and keep it as the draft of a new one. Nothing changes for members; `field` of an error names the place."""
    return await _saved(visit, await programmes_of(visit).save_draft(data.content, visit.actor))


@get("/v1/programmes/{number:str}", summary="Show a loyalty programme")
async def show_programme(visit: AtVisit, number: FromPath[str]) -> LoyaltyProgramme:
    """One programme."""
    return _programme(await programmes_of(visit).one(number_of(number)))


@put("/v1/programmes/{number:str}/draft", summary="Change a draft")
async def put_draft(visit: AtVisit, number: FromPath[str], data: JSONBody[NewProgramme]) -> SavedProgramme:
    """Check a programme and keep it as the draft. Nothing changes for members."""
    wanted = number_of(number)
    return await _saved(visit, await programmes_of(visit).save_draft(data.content, visit.actor, wanted))


@get("/v1/programmes/{number:str}/versions", summary="List versions of a programme")
async def list_versions(visit: AtVisit, number: FromPath[str]) -> ProgrammeVersionList:
    """The draft and all versions: from when on they hold, who published them when and why."""
    found = await programmes_of(visit).versions(number_of(number))
    return ProgrammeVersionList([_version(one) for one in found])


@get("/v1/programmes/{number:str}/versions/{version:str}", summary="Show a version of a programme")
async def show_version(visit: AtVisit, number: FromPath[str], version: FromPath[str]) -> OpenedProgramme:
    """A version by its number, the draft by `draft`, what holds now by `live`: its text and what it says."""
    programmes, wanted = programmes_of(visit), number_of(number)
    live = (await programmes.one(wanted)).live
    return _opened(await programmes.version(wanted, version_of(version, live)))


@get("/v1/programmes/{number:str}/comparison", summary="Compare a draft with what holds")
async def compare_draft(visit: AtVisit, number: FromPath[str]) -> ProgrammeComparison:
    """What publishing the draft would change, in sentences."""
    found = await programmes_of(visit).comparison(number_of(number))
    changes = [
        ProgrammeChange(
            one.about, one.kind, [said.text for said in one.before], [said.text for said in one.after]
        )
        for one in found.changes
    ]
    return ProgrammeComparison(found.against, changes, _faults(found.faults))


@post("/v1/programmes/{number:str}/publish", summary="Publish a draft", status_code=200)
async def publish_draft(
    visit: AtVisit, number: FromPath[str], data: JSONBody[Publication]
) -> ProgrammeVersion:
    """Make the draft the next version. It holds from now on, or from `effective_from`; only a first one may begin in the past."""
    published = await programmes_of(visit).publish(
        visit.deps.gate, number_of(number), data.reason, visit.actor, effective_from=data.effective_from
    )
    return _version(published)


def programmes_of(visit: Visit) -> Programmes:
    """The programmes of the caller's workspace."""
    return Programmes(visit.api.database, visit.vault, visit.deps.clock)


async def _saved(visit: Visit, number: int) -> SavedProgramme:
    programmes = programmes_of(visit)
    found = await programmes.comparison(number)
    return SavedProgramme(_programme(await programmes.one(number)), _faults(found.faults))


def _programme(one: Known) -> LoyaltyProgramme:
    return LoyaltyProgramme(
        one.number, one.name, one.made_at, one.made_by, one.live, one.next_from, one.draft
    )


def _version(one: VersionOf) -> ProgrammeVersion:
    return ProgrammeVersion(one.version, one.digest, one.effective_from, one.made_at, one.made_by, one.reason)


def _opened(one: Opened) -> OpenedProgramme:
    programme = one.programme
    sentences = [sentence.text for sentence in describe(programme)]
    return OpenedProgramme(_version(one), one.content, sentences, _faults(lint(programme)))


def _faults(found: list[Fault]) -> list[ProgrammeFault]:
    return [ProgrammeFault(fault.field, fault.message) for fault in found]
