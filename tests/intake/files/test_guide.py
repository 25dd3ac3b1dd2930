"""The guide to imports names every field and every word, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from regulars.intake.files.fields import FIELDS, Type
from regulars.intake.files.mapping import Condition, FileSpec, Mapping, Spec
from regulars.intake.files.mapping_file import parse_mapping

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "how-to" / "import-files.md").read_text(
    encoding="utf-8"
)


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without its head."""
    section = re.split(r"^#{2,3} ", TEXT.split(f"### {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("At the top", Mapping.__struct_fields__),
        ("In a field", Spec.__struct_fields__),
        ("In a condition", Condition.__struct_fields__),
        ("In `[file]`", FileSpec.__struct_fields__),
    ],
)
def test_every_word_is_explained_in_the_order_of_its_use(heading: str, words: tuple[str, ...]) -> None:
    assert [row[0].strip("`") for row in rows(heading)] == list(words)


def test_every_field_is_explained_as_the_code_has_it() -> None:
    customer = {name for name, field in FIELDS["customers"].items() if field.part in ("customer", "address")}
    for heading, kind, left_out in (
        ("Of sales", "sales", customer),
        ("Of customers", "customers", set[str]()),
        ("Of products", "products", set[str]()),
        ("Of balances", "balances", customer),
        ("Of vouchers", "vouchers", customer),
    ):
        told = {row[0].strip("`"): row[1:] for row in rows(heading)}
        fields = {
            name: [field.type.value, field.about]
            for name, field in FIELDS[kind].items()  # type: ignore[index]
            if name not in left_out and field.type is not Type.MINOR
        }
        assert told == fields


def test_the_mapping_in_the_guide_is_sound() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert parse_mapping(text, "sales", file="guide").currency == "EUR"
