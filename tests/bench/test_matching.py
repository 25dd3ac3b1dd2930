"""A labelled set goes through its mapping, its model and the measures; training needs no labels."""

from __future__ import annotations

import csv
from pathlib import Path
from random import Random

import pytest

from regulars.bench.labelled import SETS, Labelled, LabelledSet, read
from regulars.bench.matching import evaluate
from regulars.bench.place import BenchFailed
from regulars.capabilities.identity.model import parse
from regulars.training.train import TrainingFailed, train

ROOT = Path(__file__).resolve().parents[2]
GIVEN = (
    "Anna Bruno Clara Dieter Erika Franz Greta Hans Ida Jonas Karla Leon Mia Nils Olga Paul Rosa Sven".split()
)
FAMILY = "Adler Berg Conrad Dahl Engel Funk Graf Haas Imhof Jung Kern Lang Moser Noll Otte Pohl Reuter Stein".split()


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def made_up(folder: Path, people: int = 300) -> Labelled:
    """People told twice in a file, a fifth each with an error in one field the second time."""
    draw = Random(4)
    rows = []
    for person in range(people):
        born = f"19{draw.randrange(40, 99)}-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}"
        given, family = (
            draw.choice(GIVEN),
            draw.choice(FAMILY) + draw.choice(["", "mann", "er", "ski", "sen"]),
        )
        city, mail = draw.choice(["Leeds", "York", "Hull"]), f"{given}.{family}{person}@x.example".lower()
        rows.append([f"{person}a", given, family, born, city, mail])
        typo = draw.randrange(5)
        again = [
            given[:-1] if typo == 3 else given,
            family[:-1] if typo == 0 else family,
            f"{born[:-1]}0" if typo == 1 else born,
            "Bath" if typo == 2 else city,
        ]
        rows.append([f"{person}b", *again, mail])
    with (folder / "people.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["unique_id", "first_name", "surname", "dob", "city", "email"], *rows])
    chosen = LabelledSet(
        "made-up", ("people.csv",), "fake-1000.toml", "", lambda _: {row[0]: row[0][:-1] for row in rows}
    )
    return read(chosen, folder)


def test_a_model_trained_without_labels_finds_the_people(tmp_path: Path) -> None:
    people = made_up(tmp_path)
    model = train(parse(_plain()), people.records.values())
    found = evaluate("made-up", people, model)
    m = {comparison.name: comparison.levels[0].m for comparison in model.comparison}
    assert m == pytest.approx(
        {"given name": 0.8, "family name": 0.8, "birth date": 0.8, "city": 0.8}, abs=0.1
    )
    assert found.quality.pairs.precision > 0.98
    assert found.quality.pairs.recall > 0.7
    assert [band.name for band in found.bands] == ["link", "review"]
    assert found.bands[0].precision > 0.98
    assert "F1" in found.line()
    again = train(parse(_plain()), people.records.values())
    assert again.digest() == model.digest(), "the same records give the same model"


def test_training_refuses_what_it_never_saw(tmp_path: Path) -> None:
    people = made_up(tmp_path, people=60)
    never = _plain().replace('{ when = "else" }', '{ when = "initial" }, { when = "else" }', 1)
    with pytest.raises(TrainingFailed, match="initial|never seen"):
        train(parse(never), people.records.values())


def _plain() -> str:
    return """
        name = "made-up"
        [bands]
        link = 4.25
        review = 0.0
        [cluster]
        keep = 4.25
        [prior]
        bits = -9.0
        [[block]]
        on = ["birth_date"]
        [[block]]
        on = ["given_name", "family_name"]
        [[comparison]]
        name = "given name"
        fields = ["given_name"]
        levels = [{ when = "same" }, { when = "else" }]
        [[comparison]]
        name = "family name"
        fields = ["family_name"]
        levels = [{ when = "same" }, { when = "jaro_winkler", at = 0.88 }, { when = "else" }]
        [[comparison]]
        name = "birth date"
        fields = ["birth_date"]
        levels = [{ when = "same" }, { when = "else" }]
        [[comparison]]
        name = "city"
        fields = ["city"]
        levels = [{ when = "same" }, { when = "else" }]
    """


def test_a_set_whose_files_are_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(BenchFailed, match="fake_1000"):
        read(SETS["fake-1000"], tmp_path)
