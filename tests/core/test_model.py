"""Models: what a file may say, what is refused and where, and that a digest names the content."""

from __future__ import annotations

import pytest

from regulars.capabilities.identity.matcher import Matcher
from regulars.capabilities.identity.model import ModelError, lint, parse
from regulars.training.text import model_text

from .matching import ROOT, retail

MODEL = """
name = "small"
[bands]
link = 6.0
review = 1.0
[prior]
bits = -12.0
[[block]]
on = ["given_name.sound", "birth_date.year"]
[[comparison]]
name = "given name"
fields = ["given_name", "family_name"]
levels = [
    { when = "same", m = 0.8, u = 0.01, frequency = true },
    { when = "jaro_winkler", at = 0.915, m = 0.1, u = 0.01 },
    { when = "else", bits = -3.0 },
]
"""


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("link = 6.0", "link = 0.5", "bands.review"),
        ("link = 6.0", "", "bands"),
        ("-12.0", '"a lot"', "prior.bits"),
        ('"given_name", "family_name"', '"shoe_size"', "comparison[0].fields"),
        ('"given_name", "family_name"', '"given_name", "traits."', "comparison[0].fields"),
        ("given_name.sound", "given_name.colour", "block[0].on"),
        ('when = "same"', 'when = "telepathy"', "comparison[0].levels[0].when"),
        ('{ when = "else", bits = -3.0 },', "", "comparison[0].levels[1].when"),
        ("at = 0.915, ", "", "comparison[0].levels[1].at"),
        ('when = "same", m = 0.8, u = 0.01', 'when = "same", bits = 3', "comparison[0].levels[0].m"),
        ("u = 0.01,", "u = 1.5,", "comparison[0].levels[0].u"),
        ("bits = -12.0", "bits = -12.0\nsize = 3", "prior"),
    ],
)
def test_what_is_wrong_in_a_model_is_named_by_its_place(old: str, new: str, field: str) -> None:
    with pytest.raises(ModelError) as refused:
        parse(MODEL.replace(old, new, 1))
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["name = ", b"\xff\xfe", "a\n" * 3])
def test_what_is_no_toml_is_refused(text: str | bytes) -> None:
    with pytest.raises(ModelError, match="TOML"):
        parse(text)


def test_a_level_that_was_never_trained_is_named_and_the_model_not_used() -> None:
    model = parse(MODEL.replace("m = 0.1, u = 0.01", "u = 0.01"))
    assert lint(model) == ["'given name': level 'jaro_winkler 0.915' is not trained."]
    with pytest.raises(ModelError, match="not trained"):
        Matcher(model)


def test_weights_that_rise_as_agreement_falls_are_named() -> None:
    (fault,) = lint(parse(MODEL.replace("m = 0.1, u = 0.01", "m = 0.1, u = 0.1").replace("-3.0", "0.5")))
    assert "'else' (0.50 bits) weighs more than 'jaro_winkler 0.915' (0.00)" in fault


def test_equal_models_have_one_digest_however_they_are_laid_out() -> None:
    spread = "# remarks\n" + MODEL.replace("link = 6.0", "link   = 6").replace("\n[[block]]", "\n\n[[block]]")
    assert parse(spread).digest() == parse(MODEL).digest()
    assert parse(MODEL.replace("0.01 }", "0.02 }")).digest() != parse(MODEL).digest()


def test_a_model_written_as_text_is_read_back_the_same() -> None:
    for model in (parse(MODEL), retail()):
        assert parse(model_text(model, "For a test.\nOf ours.")) == model


@pytest.mark.parametrize(
    "path", sorted((ROOT / "examples/models").glob("*.toml")), ids=lambda path: path.stem
)
def test_the_models_we_ship_may_be_used(path: object) -> None:
    Matcher(parse((ROOT / "examples/models" / str(path)).read_bytes()))
