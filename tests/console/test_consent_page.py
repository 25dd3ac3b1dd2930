"""Consent on the privacy officer's desk: counted, looked up, and recorded for a customer."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
import pytest

from tests.console.requesting import HOSTILE, known, post
from tests.console.stage import Stage, sale


def test_consent_is_counted_looked_up_and_recorded(stage: Stage, visitor: httpx.Client) -> None:
    profile = known(stage, visitor)
    stage.send(sale("R-7", email="other@example.com"))
    stage.send(
        {"id": "c-1", "type": "consent.given", "occurred_at": datetime.now(UTC).isoformat(),
         "consent": {"channel": "email", "address": "Jane.Doe@example.com"}},
    )  # fmt: skip
    page = re.sub(r"<[^>]+>", " ", visitor.get("/requests/consent?count=now").text)
    assert re.search(r"E-mail\s+marketing\s+1\s+0\s+1\s", page)
    assert re.search(r"SMS\s+marketing\s+0\s+0\s+1\s", page)
    looked = post(visitor, "/requests/consent", address="JANE.doe@example.com").text
    assert f'href="/customers/{profile}"' in looked
    assert "No customer has it" in post(visitor, "/requests/consent", address="who@example.com").text
    assert post(visitor, "/requests/consent", address=HOSTILE).status_code == 400
    said = {"channel": "email", "answer": "withdrawn", "reason": "letter of 3 May"}
    assert post(visitor, f"/customers/{profile}/consent", **said).status_code == 303
    page = re.sub(r"<[^>]+>", " ", visitor.get("/requests/consent?count=now").text)
    assert re.search(r"E-mail\s+marketing\s+0\s+1\s+1\s", page)
    with stage.database.session(stage.workspace_id) as connection:
        texts = connection.execute(
            "select details::text from audit where action = 'consent.withdrawn'"
        ).fetchall()
    assert len(texts) == 1
    assert "letter" not in texts[0][0]


@pytest.mark.parametrize(
    "wrong", [{"answer": "maybe"}, {"channel": "pigeon"}, {"reason": " "}, {"reason": "x" * 501}]
)
def test_a_wrong_word_for_a_customer_is_refused(
    stage: Stage, visitor: httpx.Client, wrong: dict[str, str]
) -> None:
    profile = known(stage, visitor)
    fields = {"channel": "email", "answer": "granted", "reason": "at the till", **wrong}
    assert post(visitor, f"/customers/{profile}/consent", **fields).status_code == 400
    assert "No consent is recorded" in visitor.get(f"/customers/{profile}").text
