"""Figures of real labelled files against code that shares nothing with the audit."""

from __future__ import annotations

import csv
import json
import re
from calendar import monthrange
from collections import Counter, defaultdict

import pytest

from tests.intake.audit.support import DATA, audited, column, one

FAKE = DATA / "fake_1000.csv"
HISTORICAL = DATA / "historical_dev_half.parquet"
SENZING = DATA / "senzing_truth_demo"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"the files are not there: {DATA}")
EMAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]+\.[^@\s.,;<>\"]{2,63}")


def people_by_mail_and_name(rows: list[dict[str, str]]) -> int:
    """Customers of a file whose only shared key is an e-mail: the given names of an address are its people, and a
    row without a full name joins one when there is but one that fits it."""
    by_mail = defaultdict(list)
    for row in rows:
        mail = row["email"].strip().lower()
        by_mail[mail if EMAIL.fullmatch(mail) else ""].append(row["first_name"].strip().lower())
    count = len(by_mail.pop("", []))
    for names in by_mail.values():
        full = {name.split()[0] for name in names if len(name.split()[0] if name else "") > 1}
        vague = {name for name in names if len(name) < 2}
        loose = [one for one in vague if len([name for name in full if name.startswith(one)]) != 1]
        count += len(full) + (len(loose) if full else 1)
    return count


def test_fake_1000_has_the_figures_of_a_plain_count() -> None:
    with FAKE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    mails = Counter(row["email"].lower() for row in rows if EMAIL.fullmatch(row["email"].lower()))
    report = audited(FAKE)
    assert one(report).rows == len(rows) == 1_000
    for name in ("first_name", "surname", "dob", "city", "email"):
        found = column(report, name)
        assert (found.filled, found.distinct) == (
            sum(1 for row in rows if row[name].strip()),
            len({row[name] for row in rows if row[name].strip()}),
        )
    (key,) = [key for key in one(report).keys if key.name == "e-mail"]
    assert (key.rows, key.values) == (mails.total(), len(mails))
    assert key.repeated == sum(1 for count in mails.values() if count > 1)
    assert report.people == people_by_mail_and_name(rows)
    meanings = [found.meaning for found in one(report).columns]
    assert meanings == ["external_id", "given_name", "family_name", "birth_date", "city", "email", "number"]


def test_historical_figures_are_filled_as_parquet_says() -> None:
    import pyarrow.parquet as pq

    table = pq.read_table(HISTORICAL)
    report = audited(HISTORICAL)
    assert one(report).rows == table.num_rows == report.people
    for name in table.column_names:
        values = [value for value in table.column(name).to_pylist() if value is not None and value.strip()]
        assert column(report, name).filled == len(values), name
    impossible = 0
    for value in table.column("dob").to_pylist():
        if value is not None and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            year, month, day = (int(part) for part in value.split("-"))
            impossible += not 0 < month <= 12 or not 0 < day <= monthrange(year, month)[1]
    assert column(report, "dob").reasons["there is no such day"] == impossible


def flat(line: str) -> dict[str, str]:
    """The features of a record of the truth set, the first of each name."""
    out: dict[str, str] = {}
    for feature in json.loads(line).get("FEATURES", []):
        for name, value in feature.items():
            out.setdefault(name, value)
    return out


def test_the_truth_set_of_three_sources_has_the_mails_of_a_plain_count() -> None:
    paths = sorted(SENZING.glob("*.jsonl"))
    report = audited(*paths, region="US")
    mails = [
        {
            mail
            for line in path.read_text().splitlines()
            if (mail := flat(line).get("EMAIL_ADDRESS", "").strip().lower()) and EMAIL.fullmatch(mail)
        }
        for path in paths
    ]
    for place, table in enumerate(report.tables):
        (key,) = [key for key in table.keys if key.name == "e-mail"]
        others = set().union(*(mails[other] for other in range(3) if other != place))
        assert (key.values, key.common) == (len(mails[place]), len(mails[place] & others))
        assert table.rows == len(paths[place].read_text().splitlines())
    carriers = [flat(line) for path in paths for line in path.read_text().splitlines()]
    shared = Counter(
        row.get("EMAIL_ADDRESS", "").strip().lower() for row in carriers if row.get("EMAIL_ADDRESS")
    )
    (found,) = report.shared
    assert found.value is not None and found.rows == shared[found.value] == max(shared.values())
