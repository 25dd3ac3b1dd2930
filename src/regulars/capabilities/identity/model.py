"""The model people are matched by: read from TOML, checked, and named by a digest.

Weights are bits, log2 of odds. A pair of records starts with the prior; every comparison adds the bits of the
first of its levels that holds, log2(m / u): `m` is how often true pairs are at this level, `u` how often pairs of
strangers are. A comparison of which one side has no value adds nothing.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from regulars.vocabulary.errors import InvalidInput

from .compare import NEEDS_AT, OF_SEVERAL, TESTS
from .compared import is_field, is_key_part

Share = Annotated[float, Meta(gt=0, le=1)]
Bits = Annotated[float, Meta(ge=-1000, le=1000)]
COMPARISONS_MAX = 40
LEVELS_MAX = 20
BLOCKS_MAX = 40
SAME_BITS = 0.01
"""Weights this near are alike: files hold four figures."""

FLOOR = 1e-5
"""A value's own frequency counts as at least this, unless its level says otherwise."""


class ModelError(InvalidInput):
    """A model that cannot be used; `field` names the place in the file."""

    code = "invalid_model"


class Bands(Struct, frozen=True, forbid_unknown_fields=True):
    """Match weights in bits: from `link` on two records are linked, from `review` to there a person looks."""

    link: Bits
    review: Bits


class Cluster(Struct, frozen=True, forbid_unknown_fields=True):
    """`keep`: bits that pairs between two groups must say on average, without the prior, for them to be joined.

    `largest`: so many records are grouped at once; a longer chain is first cut at a higher link weight. A key that more
    than `crowd` records share gives no pairs.
    """

    keep: Bits = 0.0
    largest: Annotated[int, Meta(ge=2, le=2_000)] = 300
    crowd: Annotated[int, Meta(ge=2, le=1_000)] = 100


class Prior(Struct, frozen=True, forbid_unknown_fields=True):
    """log2 of the odds that two records are one person, before anything is compared."""

    bits: Bits


class BlockRule(Struct, frozen=True, forbid_unknown_fields=True):
    """Records that agree on all of `on` are compared; each is a field, or a part of one such as birth_date.year."""

    on: Annotated[tuple[str, ...], Meta(min_length=1, max_length=8)]


class Level(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A test and what passing it weighs: `m` and `u`, or `bits` for a model set by hand.

    With `frequency` the value's own frequency stands for `u`, but never less than `floor`.
    """

    when: str
    at: float | None = None
    m: Share | None = None
    u: Share | None = None
    bits: Bits | None = None
    frequency: bool = False
    floor: Share = FLOOR

    @property
    def trained(self) -> bool:
        """Whether it has a weight at all."""
        return self.bits is not None or (self.m is not None and self.u is not None)

    def weight(self, share: float | None = None) -> float:
        """Bits at this level for a value that has `share` of all values; None where that is not known."""
        if self.frequency and share is not None and self.m is not None:
            return math.log2(self.m / max(share, self.floor))
        if self.bits is not None:
            return self.bits
        if self.m is None or self.u is None:
            raise ValueError("an untrained level has no weight")
        return math.log2(self.m / self.u)

    @property
    def most(self) -> float:
        """Bits of the rarest value, for a level by frequency; else its bits."""
        return self.weight(self.floor)

    @property
    def label(self) -> str:
        """The test in words for people, such as 'jaro_winkler 0.915'."""
        return self.when if self.at is None else f"{self.when} {self.at:g}"


class Comparison(Struct, frozen=True, forbid_unknown_fields=True):
    """What is compared, and its levels from the strongest agreement down to `else`."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    fields: Annotated[tuple[str, ...], Meta(min_length=1, max_length=4)]
    levels: Annotated[tuple[Level, ...], Meta(min_length=2, max_length=LEVELS_MAX)]


class Model(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole model. Equal models have equal digests, however their files are laid out."""

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    bands: Bands
    prior: Prior
    comparison: Annotated[tuple[Comparison, ...], Meta(min_length=1, max_length=COMPARISONS_MAX)]
    block: Annotated[tuple[BlockRule, ...], Meta(max_length=BLOCKS_MAX)] = ()
    cluster: Cluster = Cluster()

    def digest(self) -> str:
        """sha256 of the canonical form, in hex."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()

    def seeks_alike(self, other: Model) -> bool:
        """Whether records have the same keys by both, and the same of them are shared by too many."""
        return self.block == other.block and self.cluster.crowd == other.cluster.crowd

    def traits(self) -> frozenset[str]:
        """The traits that take part, as they are named in fields: traits.x."""
        named = [field for comparison in self.comparison for field in comparison.fields]
        named += [on for block in self.block for on in block.on]
        return frozenset(field for field in named if field.startswith("traits."))


def parse(text: str | bytes) -> Model:
    """Read a model. Raises ModelError naming the place of what is wrong; whether it is trained is for `lint`."""
    try:
        raw = tomllib.loads(text.decode() if isinstance(text, bytes) else text)
        model = msgspec.convert(raw, Model)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"This is not TOML: {error}.") from None
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        raise ModelError(f"{message}.", field=place.rstrip("`").lstrip(".") or None) from None
    _check(model)
    return model


def _check(model: Model) -> None:
    if model.bands.review > model.bands.link:
        raise ModelError("The review band must begin below the link band.", field="bands.review")
    names = [comparison.name for comparison in model.comparison]
    for number, comparison in enumerate(model.comparison):
        place = f"comparison[{number}]"
        if names.index(comparison.name) != number:
            raise ModelError(f"Two comparisons are named '{comparison.name}'.", field=f"{place}.name")
        for field in comparison.fields:
            if not is_field(field):
                raise ModelError(f"There is no field '{field}' to compare.", field=f"{place}.fields")
        _check_levels(comparison, place)
    for number, block in enumerate(model.block):
        for part in block.on:
            if not is_key_part(part):
                raise ModelError(f"There is no '{part}' to block on.", field=f"block[{number}].on")


def _check_levels(comparison: Comparison, place: str) -> None:
    last = len(comparison.levels) - 1
    for number, level in enumerate(comparison.levels):
        where = f"{place}.levels[{number}]"
        if level.when != "else" and level.when not in TESTS:
            raise ModelError(f"There is no test '{level.when}'.", field=f"{where}.when")
        if (level.when == "else") != (number == last):
            raise ModelError("The last level, and only that, is 'else'.", field=f"{where}.when")
        if (level.when in NEEDS_AT) != (level.at is not None):
            word = "needs" if level.when in NEEDS_AT else "takes no"
            raise ModelError(f"The test '{level.when}' {word} 'at'.", field=f"{where}.at")
        if level.frequency and level.m is None:
            raise ModelError("A level by frequency needs 'm'.", field=f"{where}.m")
        if level.when in OF_SEVERAL and len(comparison.fields) < 2:
            raise ModelError(f"The test '{level.when}' needs a second field.", field=f"{place}.fields")


def lint(model: Model) -> list[str]:
    """Why a model that can be read must not be used: untrained levels, and weights that rise as agreement falls."""
    faults = []
    for comparison in model.comparison:
        untrained = [level for level in comparison.levels if not level.trained]
        faults += [f"'{comparison.name}': level '{level.label}' is not trained." for level in untrained]
        if untrained:
            continue
        for better, worse in zip(comparison.levels, comparison.levels[1:], strict=False):
            if worse.weight() > better.most + SAME_BITS:
                faults.append(
                    f"'{comparison.name}': level '{worse.label}' ({worse.weight():.2f} bits) weighs more than"
                    f" '{better.label}' ({better.most:.2f}) above it."
                )
    return faults
