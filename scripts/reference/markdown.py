"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """Text that stays within its table cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def code(text: object) -> str:
    """Text as code; nothing where there is none."""
    return f"`{cell(text)}`" if str(text) else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown already."""
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def first_line(doc: str | None) -> str:
    """What a docstring says first, whole sentence or not."""
    return cell((doc or "").strip().partition("\n\n")[0])


def rest(doc: str | None) -> str:
    """What a docstring says after its first paragraph."""
    return cell((doc or "").strip().partition("\n\n")[2])
