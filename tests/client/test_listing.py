"""Lists are walked over all their pages, one at a time."""

from __future__ import annotations

import pytest

from regulars.client import Client, Listing, Page, UnexpectedAnswer
from regulars.client.models import ProfileSearch
from tests.client.events import said, sale
from tests.client.lines import Line


def test_a_list_is_walked_over_its_pages(client: Client, line: Line) -> None:
    client.events.send([said(f"u-{number}", external_id=f"c-{number}") for number in range(7)])
    asked = len(line.requests)
    found = client.profiles.find(limit=3)
    assert len(line.requests) == asked
    assert len({one.id for one in found}) == 7
    assert len(line.requests) == asked + 3
    assert [len(page.data) for page in found.pages()] == [3, 3, 1]


def test_only_the_pages_looked_at_are_asked_for(client: Client, line: Line) -> None:
    client.events.send([said(f"u-{number}", external_id=f"c-{number}") for number in range(5)])
    asked = len(line.requests)
    assert client.profiles.find(limit=2).first() is not None
    assert len(line.requests) == asked + 1


def test_a_list_goes_on_from_a_cursor(client: Client) -> None:
    client.events.send([said(f"u-{number}", external_id=f"c-{number}") for number in range(5)])
    everyone = [one.id for one in client.profiles.find()]
    page = next(client.profiles.find(limit=2).pages())
    assert [one.id for one in client.profiles.find(limit=2, cursor=page.next)] == everyone[2:]


def test_a_search_in_the_body_has_pages_too(client: Client) -> None:
    client.events.send(
        [said(f"u-{number}", external_id=f"c-{number}", given_name="Robin") for number in range(5)]
    )
    wanted = ProfileSearch(name="robin", limit=2)
    assert [len(page.data) for page in client.profiles.search(wanted).pages()] == [2, 2, 1]
    assert wanted.cursor is None


def test_a_timeline_has_pages(client: Client) -> None:
    client.events.send([sale(str(number), external_id="c-1") for number in range(5)])
    profile = client.profiles.find(external_id="c-1").first()
    assert profile is not None
    assert len(list(client.profiles.timeline(profile.id, limit=2))) == 5


def test_a_list_that_leads_to_itself_is_told() -> None:
    circle = Listing(lambda _: Page(data=[1], next="a"))
    with pytest.raises(UnexpectedAnswer):
        list(circle)
