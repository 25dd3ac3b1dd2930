"""What `regulars loyalty` tells people: tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable

from regulars.capabilities.loyalty.programme import Fault
from regulars.capabilities.loyalty.sentences import Change, describe
from regulars.console.services.programmes import DRAFT, Comparison, Known, Opened, VersionOf


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
