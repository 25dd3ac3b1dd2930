# Written by `make docs` from the OpenAPI document. Do not edit.
"""What is said and answered: identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec


class DecidePairs(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Pairs of the queue that are one person (`together`), or two."""

    pairs: list[list[Any]]
    together: bool
    # Why. Kept with the decision and in the audit trail, so name nobody in it.
    reason: str
    # Only say what it would do.
    preview: bool = False


class MadeDecision(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A decision somebody made. `holds` while it has the last word on some pair."""

    # 32 hexadecimal digits.
    id: str
    at: datetime
    actor: str
    # One of merged, separated, withdrawn.
    verb: str
    # Null without pii:read: people may have named somebody.
    reason: str | None
    pairs: int
    # 32 hexadecimal digits.
    undoes: str | None
    holds: bool
    # Up to six of the profiles it is about, as they are now.
    profile_ids: list[str]


class MatchingModel(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A model. `frequencies`: it goes by counts of this workspace's values. `promoted_*`: when it was last
    put to work.
    """

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


class MatchingModelList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All models, the newest first, 1,000 at most."""

    data: list[MatchingModel]
    at_work: MatchingStanding


class MatchingPreview(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A preview on its way: `share` of the work done (0 to 1), then what was found, or in `fault` why
    nothing was.
    """

    number: int
    asked_at: datetime
    share: float
    preview: Preview | None
    fault: str | None


class MatchingReason(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Why; kept in the audit trail."""

    reason: str


class MatchingStanding(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The model at work. `progress`: the share of the records matched anew by it (0 to 1), null when all
    are.
    """

    number: int
    progress: float | None


class NewMatchingModel(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A model to keep. `frequencies`: "keep" those that the model at work goes by, or go by "none"."""

    # TOML.
    content: str
    frequencies: Literal["keep", "none"] = "keep"


class OpenedMatchingModel(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A model with its file as it was given."""

    model: MatchingModel
    content: str


class Preview(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`merges` profiles would be made of several of today's, `splits` of today's would fall into several.

    `concerned`: today's profiles that take part in either. `reviews_*`: pairs a person should look at,
    now and then; `crowded`: keys that too many would share.
    """

    name: str
    digest: str
    records: int
    profiles_before: int
    profiles_after: int
    merges: int
    splits: int
    concerned: int
    reviews_before: int
    reviews_after: int
    crowded: int
    spend: list[PreviewSpend]
    examples: list[PreviewExample]


class PreviewExample(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Profiles as they are and as they would be; at most PROFILES_SHOWN_MAX of each. `change`: merge or
    split.
    """

    change: str
    before: list[PreviewedProfile]
    after: list[PreviewedProfile]


class PreviewSpend(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Net spend in minor units of a currency: of the customers concerned, and of all."""

    currency: str
    concerned_minor: int
    total_minor: int


class PreviewedProfile(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A profile of an example: its id, the initials of the name (empty where none is known), how many
    records.
    """

    profile_id: str
    initials: str
    records: int


class ReviewPage(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One page of pairs that wait; `waiting` counts them up to 10,000."""

    data: list[WaitingPair]
    next: str | None
    waiting: int


class SharedValue(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A value that names nobody, since it is of too many. `value` is null where nobody carries it any
    more.
    """

    kind: str
    value: str | None
    people: int
    records: int
    since: datetime


class SharedValueList(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Those of most people first, 200 at most. `crowded_keys`: keys that too many records share to be
    compared by.
    """

    data: list[SharedValue]
    count: int
    crowded_keys: int


class Undo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Take a decision back."""

    # Why. Kept with the decision and in the audit trail, so name nobody in it.
    reason: str
    # Only say what it would do.
    preview: bool = False


class WaitingPair(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Two records of different profiles that may be one person.

    `weight` in bits; `conflict`: something that identifies for certain speaks against what else links
    them.
    """

    records: list[Any]
    profile_ids: list[Any]
    weight: float
    conflict: bool
    since: datetime
