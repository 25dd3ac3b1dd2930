"""What `regulars identity` tells people: tables and sentences."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from regulars.capabilities.identity.measures import Score
from regulars.console.services.models import Known, Standing
from regulars.engine.members import Evaluation
from regulars.engine.preview import Preview, PreviewedProfile, PreviewSpend
from regulars.vocabulary.money import to_major

_ALL_BITS = 1 << 128


class Share:
    """One line on stderr with how much of a long piece of work is done, when a person watches."""

    def __init__(self, done: str) -> None:
        self._done = done
        self._live = sys.stderr.isatty()
        self._last = -1

    def __call__(self, share: float) -> None:
        percent = int(share * 100)
        if self._live and percent != self._last:
            self._last = percent
            print(f"\r{percent} % {self._done}", end="", file=sys.stderr, flush=True)

    def reached(self, record_id: str) -> None:
        """The same by the id of the last record: ids are hashes, so they lie evenly."""
        self(int(record_id, 16) / _ALL_BITS)

    def end(self) -> None:
        """Leave the line."""
        if self._last >= 0:
            print(file=sys.stderr)


def models(found: list[Known], standing: Standing) -> str:
    """The list of models, a line each."""
    lines = [f"{'NO':>4}  {'NAME':<24} {'DIGEST':<12}  {'MADE':<16}  AT WORK"]
    for one in found:
        made = f"{one.made_at:%Y-%m-%d %H:%M}" if one.made_at else ""
        lines.append(
            f"{one.number:>4}  {one.name[:24]:<24} {one.digest[:12]}  {made:<16}  {_at_work(one, standing)}".rstrip()
        )
    return "\n".join(lines)


def _at_work(one: Known, standing: Standing) -> str:
    if one.number != standing.number:
        return ""
    if standing.progress is None:
        return "yes"
    return f"yes, {standing.progress:.0%} of the records matched anew"


def preview(found: Preview) -> str:
    """What a model would change."""
    share = found.concerned / found.profiles_before if found.profiles_before else 0.0
    lines = [
        f"Model '{found.name}' ({found.digest[:12]}) over {found.records:,} records:",
        f"  profiles         {found.profiles_before:,} now, {found.profiles_after:,} then",
        f"  would merge      {found.merges:,} profiles made of several of today's",
        f"  would split      {found.splits:,} of today's profiles",
        f"  concerned        {found.concerned:,} customers ({share:.2%})",
        *(f"  their spend      {_spend(spend)}" for spend in found.spend),
        f"  pairs to look at {found.reviews_before:,} now, {found.reviews_after:,} then",
        f"  crowded keys     {found.crowded:,}",
    ]
    for example in found.examples:
        lines += ["", example.change]
        lines += [f"  now   {_named(named)}" for named in example.before]
        lines += [f"  then  {_named(named)}" for named in example.after]
    return "\n".join(lines)


def _named(named: PreviewedProfile) -> str:
    return f"{named.profile_id}  {named.initials:<6} {named.records:>4} records"


def _spend(spend: PreviewSpend) -> str:
    concerned, total = (
        to_major(minor, spend.currency) for minor in (spend.concerned_minor, spend.total_minor)
    )
    share = f" ({concerned / total:.2%})" if total else ""
    return f"{concerned:,} of {total:,} {spend.currency}{share}"


def figures(found: Evaluation) -> dict[str, Any]:
    """An evaluation for programs."""
    quality = found.quality
    return {
        "pairs": _score(quality.pairs),
        "b_cubed": _score(quality.b_cubed),
        "records": quality.records,
        "profiles": quality.clusters,
        "people": quality.people,
        "largest": quality.largest,
        "unknown": found.unknown,
        "bands": [msgspec.structs.asdict(band) | {"precision": band.precision} for band in found.bands],
    }


def _score(score: Score) -> dict[str, float]:
    return {"precision": score.precision, "recall": score.recall, "f1": score.f1}


def evaluation(found: Evaluation) -> str:
    """An evaluation as a table."""
    quality = found.quality
    lines = [f"{'':<10} PRECISION  RECALL      F1"]
    for name, score in (("pairs", quality.pairs), ("B-cubed", quality.b_cubed)):
        lines.append(f"{name:<10} {score.precision:>9.4f} {score.recall:>7.4f} {score.f1:>7.4f}")
    lines.append("")
    lines.append(
        f"{quality.records:,} records of {quality.people:,} people are in {quality.clusters:,} profiles,"
        f" the largest of {quality.largest:,} records."
    )
    if found.unknown:
        lines.append(f"{found.unknown:,} of the truth are not known here and were left out.")
    if found.bands:
        lines += ["", f"{'BAND':<10} {'PAIRS':>9} PRECISION"]
        lines += [f"{band.name:<10} {band.pairs:>9,} {band.precision:>9.4f}" for band in found.bands]
    return "\n".join(lines)
