"""Everyone whose work is installed or carried is named with their licence."""

from __future__ import annotations

from importlib.metadata import version

from scripts import third_party


def test_every_installed_package_is_listed_at_its_locked_version() -> None:
    text = third_party.TARGET.read_text(encoding="utf-8")
    for name, locked in third_party.run_packages():
        assert f"| {name} | {locked} | " in text, "run 'make docs'"


def test_every_part_carried_in_the_project_is_listed() -> None:
    text = third_party.TARGET.read_text(encoding="utf-8")
    for name, number, terms, place in third_party.vendored():
        assert f"| {name} | {number} | {terms} | `{place}` |" in text, "run 'make docs'"


def test_the_list_is_up_to_date_where_the_locked_versions_are_installed() -> None:
    if all(version(name) == locked for name, locked in third_party.run_packages()):
        assert third_party.document() == third_party.TARGET.read_text(encoding="utf-8"), "run 'make docs'"


def test_no_licence_is_unknown_or_forbids_our_use() -> None:
    text = third_party.TARGET.read_text(encoding="utf-8").lower()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert not any(word in row for row in rows for word in ("unknown", "agpl", "| gpl", "proprietary"))
    assert not any(row.endswith("|  |") for row in rows)
