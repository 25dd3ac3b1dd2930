"""Why these records are one person, why others are not, and which values name nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter
from msgspec import Meta, Struct

from regulars.capabilities.identity import kinds
from regulars.capabilities.identity.explaining import Band, Reason
from regulars.capabilities.identity.withdrawing import What
from regulars.console.services.explained_lines import CutLine, Eyes, Lines, PairLine, PartLine
from regulars.console.services.explained_words import generic_words, summary
from regulars.console.services.explaining import Explained, Word, explain
from regulars.console.services.people import Part

from .deps import AtVisit, Visit
from .profiles import profile_id_in, source_names
from .shapes import Id, Identifier, identifiers_of, mask_name

Bits = Annotated[float, Meta(description="log2 of odds: 10 bits make it about a thousand times likelier.")]


class ExplainedRecord(Struct, frozen=True):
    """A record: the customer as one source knows them."""

    record_id: Id
    source: str
    known: Annotated[bool, Meta(description="False while only browsers or payment cards are known.")]
    name: str | None
    first_at: datetime
    last_at: datetime | None
    orders: int
    identifiers: list[Identifier]


class ExplainedPart(Struct, frozen=True):
    """What one comparison adds to the weight of a pair; the first is the prior. The bits sum up to the pair's."""

    comparison: str
    fields: list[str]
    level: Annotated[str, Meta(description="How the values compare; `missing` where one is not known.")]
    bits: Bits
    share: Annotated[float | None, Meta(description="The frequency of the value, where that was used.")]
    values: Annotated[
        list[str | None], Meta(description="Of both records; masked, or null, for some readers.")
    ]


class SilentValue(Struct, frozen=True):
    """A value that both records carry and that says nothing of them."""

    kind: str
    value: str | None
    reason: Reason


class ManualWord(Struct, frozen=True):
    """What a person decided of two records, which holds whatever they weigh."""

    together: bool
    actor: str | None
    reason: str | None
    at: datetime


class ExplainedLink(Struct, frozen=True):
    """Two records, what they weigh, and whether that makes them one person.

    `kind` is what says most: an identifier, a field, `by_hand`, or `nothing`; `value` is what both carry, where it is
    an identifier. `holds`: it is one of those that hold the profile together, which are as many as records less one.
    """

    records: list[Id]
    kind: str
    value: str | None
    linked: bool
    reason: str
    code: Reason
    other_profile_id: Annotated[Id | None, Meta(description="The person on the other side, if not this one.")]
    bits: Bits
    band: Band
    holds: bool
    sure: Annotated[list[str], Meta(description="Identifiers both carry that link whatever the rest says.")]
    parts: list[ExplainedPart]
    silent: list[SilentValue]
    decided: ManualWord | None


class GenericValue(Struct, frozen=True):
    """A value of this person that so many share that it names nobody."""

    kind: str
    value: str
    people: int
    records: int
    since: datetime
    reason: str


class Split(Struct, frozen=True):
    """Something without which the profile would fall apart into `groups` of records.

    A `value` that counts for nothing, a `field` that nobody knows, a `record` that is not there, or a `pair` that
    somebody says is two people.
    """

    what: What
    field: str | None
    value: str | None
    records: list[Id]
    groups: list[list[Id]]
    reason: str


class ExplainedModel(Struct, frozen=True):
    """The model that decides: its name, number and digest, and the cuts in bits."""

    name: str
    number: int
    digest: str
    link_bits: Bits
    review_bits: Bits


class Explanation(Struct, frozen=True):
    """All reasons for a profile. `summary` says them in a sentence or two."""

    profile_id: Id
    summary: str
    model: ExplainedModel
    records: list[ExplainedRecord]
    records_total: Annotated[int, Meta(description="Records the profile has; the first 300 are explained.")]
    pairs_total: Annotated[
        int, Meta(description="Pairs of the records explained; the strongest 200 are in `links`.")
    ]
    links: list[ExplainedLink]
    path: Annotated[
        list[ExplainedLink],
        Meta(description="The strongest way from the record asked about to `other`, within one profile."),
    ]
    not_links: list[ExplainedLink]
    generic_values: list[GenericValue]
    splits: list[Split]
    splits_tried: int
    up_to_date: Annotated[
        bool | None,
        Meta(
            description="Whether the records as they are come out as this profile; null where not worked out."
        ),
    ]


@get("/v1/profiles/{profile_id:str}/explain", summary="Explain a profile")
async def explain_profile(
    visit: AtVisit,
    profile_id: FromPath[str],
    other: Annotated[
        str | None,
        QueryParameter(
            name="other",
            max_length=64,
            description="Say what is between this record or profile and another: why they are one, or why two.",
        ),
    ] = None,
) -> Explanation:
    """The records of a profile, what links them, what keeps others apart, generic values, and what would split it.

    `links` has those that hold the profile together and the strongest others, `not_links` the strongest 200 pairs
    with records of others. With `other` of another profile the answer is about pairs of the two alone; with a
    record of the same one, `path` leads from the one to the other.
    """
    asked = None if other is None else profile_id_in(other, "other")
    found = await explain(visit.api.database, visit.vault, profile_id_in(profile_id), asked)
    return _explanation(visit, found, await source_names(visit))


def _explanation(visit: Visit, found: Explained, sources: Mapping[int, str]) -> Explanation:
    lines = Lines(found, Eyes(clear=visit.clear, hide_name=mask_name))
    generics = [
        GenericValue(
            kind=kinds.NAMES[one.kind],
            value=lines.value((one.kind, one.value)) or "",
            people=one.people,
            records=one.records,
            since=one.since,
            reason=generic_words(one.kind),
        )
        for one in found.generics
    ]
    links = dict.fromkeys((tie.a, tie.b) for tie in [*found.inside.tree, *found.inside.ties])
    by_pair = {(tie.a, tie.b): tie for tie in [*found.inside.ties, *found.inside.tree]}
    not_links = [_link(line, clear=visit.clear) for line in lines.pairs(found.apart)]
    return Explanation(
        profile_id=found.profile_id.hex,
        summary=summary(found),
        model=ExplainedModel(
            name=found.model.name,
            number=found.model_no,
            digest=found.model.digest(),
            link_bits=found.model.bands.link,
            review_bits=found.model.bands.review,
        ),
        records=[_record(part, sources, clear=visit.clear) for part in found.parts],
        records_total=found.records,
        pairs_total=found.inside.pairs,
        links=[_link(lines.pair(by_pair[pair]), clear=visit.clear) for pair in links],
        path=[_link(line, clear=visit.clear) for line in lines.pairs(found.way)],
        not_links=not_links,
        generic_values=generics,
        splits=[_split(lines.cut(cut)) for cut in found.cuts.cuts],
        splits_tried=found.cuts.tried,
        up_to_date=found.cuts.agrees,
    )


def _link(line: PairLine, *, clear: bool) -> ExplainedLink:
    return ExplainedLink(
        records=[line.a, line.b],
        kind=line.kind,
        value=line.value,
        linked=line.linked,
        reason=line.words,
        code=line.reason,
        other_profile_id=line.other_profile,
        bits=line.bits,
        band=line.band,
        holds=line.holds,
        sure=line.sure,
        parts=[_part(part) for part in line.parts],
        silent=[SilentValue(one.kind, one.value, one.reason) for one in line.silent],
        decided=_word(line.decided, clear=clear) if line.decided else None,
    )


def _part(line: PartLine) -> ExplainedPart:
    return ExplainedPart(
        comparison=line.comparison,
        fields=list(line.fields),
        level=line.level,
        bits=line.bits,
        share=line.share,
        values=[line.one, line.other],
    )


def _word(word: Word, *, clear: bool) -> ManualWord:
    return ManualWord(word.together, word.actor, word.reason if clear else None, word.at)


def _split(line: CutLine) -> Split:
    return Split(
        what=line.kind,
        field=line.field,
        value=line.value,
        records=line.records,
        groups=line.groups,
        reason=line.words,
    )


def _record(part: Part, sources: Mapping[int, str], *, clear: bool) -> ExplainedRecord:
    return ExplainedRecord(
        record_id=part.record_id.hex,
        source=sources[part.source_id],
        known=part.known,
        name=Eyes(clear=clear, hide_name=mask_name).name(part.name),
        first_at=part.first_at,
        last_at=part.last_at,
        orders=part.figures.orders,
        identifiers=identifiers_of([part], sources, clear=clear),
    )
