"""What `regulars loyalty` tells people: tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable

from regulars.capabilities.loyalty.programme import Fault, parse
from regulars.capabilities.loyalty.sentences import Change, describe
from regulars.capabilities.loyalty.simulation import Tally, unstored, worth
from regulars.capabilities.loyalty.trying import Tried
from regulars.console.services.baskets import Trial
from regulars.console.services.programmes import DRAFT, Comparison, Known, Opened, VersionOf
from regulars.engine.simulation import Found, Question
from regulars.vocabulary.money import to_major


def programmes(found: list[Known]) -> str:
    """The list of programmes, a line each."""
    lines = [f"{'NO':>4}  {'NAME':<30}  {'LIVE':<8}  NEXT FROM"]
    for one in found:
        live = f"v{one.live}" if one.live is not None else "-"
        following = f"{one.next_from:%Y-%m-%d %H:%M}" if one.next_from else "-"
        lines.append(f"{one.number:>4}  {one.name[:30]:<30}  {live:<8}  {following}")
    return "\n".join(lines)


def programme(one: Known, opened: Opened, versions: list[VersionOf]) -> str:
    """What a version says, and which versions there are."""
    what = "the draft" if opened.version == DRAFT else f"version {opened.version}"
    return "\n".join(
        [
            f"Programme {one.number}, {what}:",
            *(f"  {sentence.text}" for sentence in describe(opened.programme)),
            "",
            f"{'VERSION':<8} {'HOLDS FROM':<17} {'BY':<20} REASON",
            *(_version(version) for version in versions),
        ]
    )


def _version(one: VersionOf) -> str:
    name = "draft" if one.version == DRAFT else str(one.version)
    begins = f"{one.effective_from:%Y-%m-%d %H:%M}" if one.effective_from else "-"
    return f"{name:<8} {begins:<17} {one.made_by:<20} {one.reason}".rstrip()


def kept(number: int, found: Comparison) -> str:
    """What became of a draft."""
    lines = [f"Kept as the draft of programme {number}."]
    if found.against is not None:
        lines.append(f"Against version {found.against}:" if found.changes else "It says what holds already.")
        lines += changes(found.changes)
    if found.faults:
        lines += ["Look at:", faults(found.faults)]
    lines.append(f"Put it in force: regulars loyalty publish {number} --reason …")
    return "\n".join(lines)


def changes(found: Iterable[Change]) -> list[str]:
    """What changes, a line for each sentence that goes or comes."""
    lines = []
    for one in found:
        lines.append(f"  {one.about}")
        lines += [f"    - {sentence.text}" for sentence in one.before]
        lines += [f"    + {sentence.text}" for sentence in one.after]
    return lines


def faults(found: Iterable[Fault]) -> str:
    """What is most likely not meant, a line each; empty when there is nothing."""
    return "\n".join(f"  {fault.field}: {fault.message}" for fault in found)


def published(number: int, found: VersionOf) -> str:
    """What was put in force."""
    begins = f"{found.effective_from:%Y-%m-%d %H:%M} UTC" if found.effective_from else ""
    return f"Version {found.version} of programme {number} holds from {begins} on."


def trial(found: Trial) -> str:
    """What a basket gives, the draft first."""
    lines = ["By the draft:", *_tried(found.draft)]
    if found.live is not None:
        lines += ["", f"By version {found.version}, which holds:", *_tried(found.live)]
    return "\n".join(lines)


def _tried(tried: Tried) -> list[str]:
    if not tried.takes_part:
        return ["  Nothing: the customer or the currency takes no part."]
    lines = [f"  tier {tried.tier or '-'}, then {tried.tier_after or '-'}; tier credit {tried.credit:,}"]
    for one in tried.given:
        until = f", until {one.expires_at:%Y-%m-%d %H:%M} UTC" if one.expires_at is not None else ""
        capped = ", cut by a cap" if one.capped else ""
        lines.append(f"  {one.points:>8,} {one.point} by {one.rule}{until}{capped}")
        lines += [f"           {sentence.text}" for sentence in (*one.because, *one.multiplied)]
    if tried.silent:
        lines.append(f"  nothing by {', '.join(tried.silent)}")
    return lines


def simulated(question: Question, found: Found) -> str:
    """What the sales of some days give."""
    outcome = found.outcome
    draft, live = parse(question.draft), parse(question.live) if question.live is not None else None
    lines = [
        f"{outcome.sales:,} sales of {outcome.customers:,} customers, {question.since:%Y-%m-%d} to {question.until:%Y-%m-%d}:",
        "",
        f"{'':<28} {'DRAFT':>14} {'LIVE':>14} {'REALLY':>14}",
    ]
    held = outcome.live
    really = {one.point: one.given - one.taken_back for one in found.given}
    lines.append(_row("members who bought", outcome.draft.members, held.members if held else None))
    for code in sorted({*outcome.draft.points, *(held.points if held else ()), *really}):
        sides = [_left(tally, code) if tally is not None else None for tally in (outcome.draft, held)]
        lines.append(_row(f"points: {code}", *sides, really.get(code, 0)))
    worths = [worth(draft, outcome.draft), worth(live, held) if live is not None and held is not None else {}]
    for currency in sorted({*worths[0], *worths[1]}):
        amounts = [f"{to_major(side.get(currency, 0), currency):,}" for side in worths]
        lines.append(f"{'worth in ' + currency:<28} {amounts[0]:>14} {amounts[1] if held else '-':>14}")
    for tier in draft.tier:
        counts = [
            tally.tiers.get(tier.code, 0) if tally is not None else None for tally in (outcome.draft, held)
        ]
        lines.append(_row(f"in tier {tier.code}", *counts))
    moves = outcome.moves
    lines += ["", f"{moves.up:,} members would move up, {moves.down:,} down, {moves.same:,} stay."]
    if found.assumed:
        lines.append("Nobody has joined yet: every known customer was counted as if they had.")
    lines += [
        f"Stored sales tell no {name}; rules that ask for them gave nothing." for name in unstored(draft)
    ]
    return "\n".join(lines)


def _left(tally: Tally, code: str) -> int:
    points = tally.points.get(code)
    return points.given - points.taken_back if points is not None else 0


def _row(name: str, *values: int | None) -> str:
    return f"{name:<28} " + " ".join(f"{'-' if value is None else f'{value:,}':>14}" for value in values)
