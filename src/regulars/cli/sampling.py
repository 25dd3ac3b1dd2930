"""Commands for measuring a matcher: customer records whose truth is known, and a score of what it made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts

from regulars.demo.sample import Sample, draw_sample
from regulars.demo.score import measure, read_profiles
from regulars.vocabulary.errors import InvalidInput

from .common import FLAGS, show

PEOPLE_MAX = 100_000
"""About 160,000 records, half a minute and 0.7 GB of memory."""

app = cyclopts.App(
    name="sample",
    help="Customer records whose truth is known, to measure a matcher with.",
    default_parameter=FLAGS,
)
Seed = Annotated[int, cyclopts.Parameter(help="Another seed, other records; the same seed, the same ones.")]
People = Annotated[int, cyclopts.Parameter(help="How many people; each has 1.6 records on average.")]


@app.command
def write(folder: Path, *, seed: Seed = 1, people: People = 20_000) -> int:
    """Write customers-SOURCE.csv of each source, as `regulars import customers` takes them, and truth.csv.

    truth.csv says who is who: source,external_id,person. A guest has no external id there but kind:value, such as
    payment_token:sq-1-….
    """
    sample = _drawn(seed, people)
    sample.write(folder)
    print(f"{len(sample.entries):,} records of {people:,} people are in {folder}.")
    return 0


@app.command
def score(file: Path, *, seed: Seed = 1, people: People = 20_000, json: bool = False) -> int:
    """Measure profiles against the truth of a sample: precision, recall, and each kind of hard case.

    Parameters
    ----------
    file
        CSV file with source, external_id and profile_id of each record; a record it lacks stands alone.
    """
    profiles = read_profiles(file)
    found = measure(_drawn(seed, people), profiles)
    show(found.figures(), as_json=json, text=found.text())
    return 0


def _drawn(seed: int, people: int) -> Sample:
    if not 1 <= people <= PEOPLE_MAX:
        raise InvalidInput(f"people must be from 1 to {PEOPLE_MAX:,}.", field="people")
    return draw_sample(seed, people)
