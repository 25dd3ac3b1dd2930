"""What a page tells its reader to call answers as the page says."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import httpx
import pytest

from regulars.store.database import Database
from regulars.store.master import MasterKey
from tests.api.till import publish
from tests.docs.curl import CURL_TYPE, Call, calls_in
from tests.sdk.site import Site, served

TUTORIAL = "tutorial/first-profile.md"
GUIDES = ("how-to/integrate-over-http.md", "how-to/connect-square.md", "how-to/connect-shopify.md")


@pytest.fixture(scope="module")
def site(
    module_database: Database, master_key: MasterKey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with served(module_database, master_key, tmp_path_factory.mktemp("site")) as site:
        yield site


@pytest.fixture
def reader(site: Site) -> Iterator[httpx.Client]:
    """Somebody with curl and a key that may do everything."""
    headers = {"Authorization": f"Bearer {site.new_shop(('*',)).key}"}
    with httpx.Client(base_url=site.url, headers=headers, trust_env=False) as client:
        yield client


def make(reader: httpx.Client, call: Call) -> Any:
    """The JSON a call is answered with, which must not be an error."""
    headers = {} if call.body is None else {"Content-Type": CURL_TYPE}
    answer = reader.request(call.method, call.path, content=call.body, headers=headers)
    assert answer.status_code < 300, (call, answer.text)
    return answer.json()


def test_the_tutorials_calls_give_what_it_shows(reader: httpx.Client) -> None:
    first, second, look_up = calls_in(TUTORIAL)
    [sale] = make(reader, first)["results"]
    [other] = make(reader, second)["results"]
    assert (sale["status"], other["status"]) == ("applied", "applied")
    assert sale["profile_id"] == other["profile_id"]
    assert make(reader, second)["results"][0]["status"] == "duplicate"
    [profile] = make(reader, look_up)["data"]
    assert (profile["name"], len(profile["record_ids"])) == ("Ada Miller", 2)
    metrics = profile["metrics"]
    assert (metrics["orders"], metrics["returns"], metrics["items"]) == (2, 0, 3)
    assert (metrics["spend_minor"], metrics["average_order_minor"]) == ({"GBP": 3349}, {"GBP": 1674})
    assert (metrics["channels"], metrics["stores"]) == ({"store": 1, "online": 1}, {"high-street": 1})
    assert metrics["favourite_categories"] == ["Kitchen", "Coffee"]


@pytest.mark.parametrize("page", GUIDES)
def test_the_calls_of_a_guide_are_answered(page: str, reader: httpx.Client) -> None:
    calls = calls_in(page)
    assert calls
    for call in calls:
        make(reader, call)


def test_the_calls_of_the_tills_page_give_what_it_tells(site: Site) -> None:
    shop = site.new_shop(("*",))
    default = files("regulars.capabilities.loyalty") / "programmes" / "default.toml"
    site.run(publish(site.program, default.read_text(encoding="utf-8"), workspace_id=shop.workspace_id))
    headers = {"Authorization": f"Bearer {shop.key}"}
    calls = calls_in("how-to/till.md")
    with httpx.Client(base_url=site.url, headers=headers, trust_env=False) as till:
        nobody, member = make(till, calls[0]), make(till, calls[1])
        assert nobody == {"matches": []}
        assert member["consent"] == {"email": "granted"}
        named = calls[2]._replace(body=(calls[2].body or "").replace("$MEMBER", member["member_id"]))
        assert make(till, named)["available"] == 0
        sale = make(till, calls[3])
        assert (sale["member"]["points_earned"], sale["member"]["balance"]) == (25, 125)
        back = make(till, calls[4])
        assert (back["refund_money_minor"], back["points_taken_back"]) == (899, 8)
        first, second = make(till, calls[5])["results"]
    assert (first["sale"]["points_over"], second["status"]) == (100, "confirmed")
