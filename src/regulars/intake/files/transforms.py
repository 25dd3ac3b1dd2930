"""The words of a mapping that change text, compiled to one function per field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from .batches import Bad
from .mapping import Condition, Scalar, Spec
from .values import text_of

Step: TypeAlias = Callable[[str], Any]
"""Takes a text that is not empty. Gives a text to go on with, or the field's value (Bad included)."""


def changer(spec: Spec, lookups: Mapping[str, dict[str, Scalar]]) -> Callable[[Any], Any]:
    """All of a spec's changes as one function of the cell, or of the tuple of cells.

    The result is None, Bad, or a value for the field's own reader.
    """
    steps = _steps(spec, lookups)
    joined = spec.columns is not None
    strip = spec.strip
    empty = frozenset(spec.empty)
    default = spec.default

    def change(value: Any) -> Any:
        if joined:
            value = spec.join.join(part for part in map(text_of, value) if part)
        if steps or empty:
            value = text_of(value)
        if strip and isinstance(value, str):
            value = value.strip()
        if value in empty:
            value = None
        for step in steps:
            if not isinstance(value, str) or not value:
                break
            value = step(value)
        return default if value is None or value == "" else value

    return change


def condition(wanted: Condition) -> Callable[[Any], bool]:
    """A test of one cell. All words given must hold; `below` and `above` are false for what is no number."""
    tests: list[Callable[[str], bool]] = []
    if wanted.equals is not None:
        equals = frozenset(_listed(wanted.equals))
        tests.append(lambda text: text in equals)
    if wanted.starts_with is not None:
        starts = tuple(_listed(wanted.starts_with))
        tests.append(lambda text: text.startswith(starts))
    if wanted.ends_with is not None:
        ends = tuple(_listed(wanted.ends_with))
        tests.append(lambda text: text.endswith(ends))
    if wanted.contains is not None:
        within = wanted.contains
        tests.append(lambda text: within in text)
    if wanted.matches is not None:
        pattern = re.compile(wanted.matches)
        tests.append(lambda text: pattern.search(text) is not None)
    if wanted.empty is not None:
        empty = wanted.empty
        tests.append(lambda text: (not text) is empty)
    if wanted.below is not None or wanted.above is not None:
        tests.append(_between(wanted.above, wanted.below))

    def holds(value: Any) -> bool:
        text = (text_of(value) or "").strip()
        return all(test(text) for test in tests)

    return holds


def _between(above: float | None, below: float | None) -> Callable[[str], bool]:
    low = Decimal(repr(above)) if above is not None else Decimal("-Infinity")
    high = Decimal(repr(below)) if below is not None else Decimal("Infinity")

    def test(text: str) -> bool:
        try:
            return low < Decimal(text) < high
        except InvalidOperation:
            return False

    return test


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _steps(spec: Spec, lookups: Mapping[str, dict[str, Scalar]]) -> list[Step]:
    steps: list[Step] = []
    if spec.capture is not None:
        steps.append(_capture(re.compile(spec.capture)))
    steps.extend(_replace(re.compile(pattern), new) for pattern, new in spec.replace)
    if spec.split is not None and spec.part is not None:
        steps.append(_split(spec.split, spec.part))
    if spec.name is not None:
        steps.append(_given_name if spec.name == "given" else _family_name)
    if spec.case is not None:
        steps.append({"lower": str.lower, "upper": str.upper, "title": str.title}[spec.case])
    if spec.lookup is not None:
        steps.append(_lookup(lookups[spec.lookup], None if spec.cases else spec.otherwise))
    if spec.cases:
        steps.append(_cases(spec))
    return steps


def _capture(pattern: re.Pattern[str]) -> Step:
    def step(text: str) -> str | None:
        found = pattern.search(text)
        return found[1] if found else None

    return step


def _replace(pattern: re.Pattern[str], new: str) -> Step:
    return lambda text: pattern.sub(new, text)


def _split(at: str, part: int) -> Step:
    place = part - 1 if part > 0 else part

    def step(text: str) -> str | None:
        parts = text.split(at)
        return parts[place].strip() if -len(parts) <= place < len(parts) else None

    return step


_PARTICLES: Final = frozenset("al bin da de del den der di dos du el la le ten ter van von zu".split())
_EASTERN: Final = re.compile("[\u4e00-\u9fff\uac00-\ud7af]{2,4}")
"""A Chinese or Korean name: the family's sign, then the given name."""
_SUFFIXES: Final = frozenset("jr sr ii iii iv".split())


def _given_name(text: str) -> str | None:
    """`Doe, Jane` and `Jane Doe` both give Jane; a single word is a given name."""
    _, comma, after = text.partition(",")
    if comma and after.strip(" .").lower() not in _SUFFIXES:
        return after.strip() or None
    return " ".join(_cut_name(text)[0]) or None


def _family_name(text: str) -> str | None:
    before, comma, after = text.partition(",")
    if comma and after.strip(" .").lower() not in _SUFFIXES:
        return before.strip() or None
    return " ".join(_cut_name(text)[1]) or None


def _cut_name(text: str) -> tuple[list[str], list[str]]:
    """Given and family names of a whole name: the last word, with what belongs to it (van der, Jr), is the family's."""
    words = text.replace(",", " ").split()
    if _EASTERN.fullmatch(text):
        return [text[1:]], [text[0]]
    end = len(words)
    while end > 2 and words[end - 1].strip(".").lower() in _SUFFIXES:
        end -= 1
    start = max(1, end - 1)
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return words[:start], words[start:]


def _lookup(table: dict[str, Scalar], otherwise: Scalar | None) -> Step:
    missing: Scalar | Bad = Bad("is not in the lookup table") if otherwise is None else otherwise
    return lambda text: table.get(text, missing)


def _cases(spec: Spec) -> Step:
    cases = [(condition(case), case.value) for case in spec.cases]
    otherwise = spec.otherwise

    def step(text: str) -> Any:
        for holds, value in cases:
            if holds(text):
                return value
        return text if otherwise is None else otherwise

    return step
