"""What gets no answer is asked again where that does no harm, and takes effect once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from regulars.client import Client, Conflict, Retries, TooManyRequests, TryLater, Unreachable
from regulars.client.models import KeyRequest, NewConsent, ProfileSearch, StoreDetails, TrackingCall
from regulars.client.retries import retry_after_seconds
from tests.client.events import THEN, sale
from tests.client.lines import Fault, Line, broken, busy
from tests.sdk.site import Shop, Site

KEY = KeyRequest(name="kiosk", scopes=["events:write"])


@pytest.mark.parametrize("fault", [broken, busy(), busy(status=502), busy("1", status=429)])
def test_a_call_whose_answer_is_lost_takes_effect_once(client: Client, line: Line, fault: Fault) -> None:
    line.faults = [fault, fault]
    made = client.keys.make(KEY)
    first, second, third = line.requests
    keys = {one.headers["idempotency-key"] for one in (first, second, third)}
    assert len(keys) == 1
    assert line.answers[-1].headers["idempotency-replayed"] == "true"
    assert [one.id for one in client.keys.list() if one.name == "kiosk"] == [made.id]
    assert len(line.waits) == 2


def test_every_call_has_an_idempotency_key_of_its_own(client: Client, line: Line) -> None:
    client.keys.make(KEY)
    client.keys.make(KEY)
    first, second = (one.headers["idempotency-key"] for one in line.requests)
    assert first != second


def test_an_idempotency_key_of_ones_own_lasts_over_a_restart(client: Client, site: Site, shop: Shop) -> None:
    yes = NewConsent(channel="email", status="granted", address="kim@example.com", occurred_at=THEN)
    first = client.consents.add(yes, idempotency_key="form-17")
    with Client(site.url, shop.key) as restarted:
        assert restarted.consents.add(yes, idempotency_key="form-17") == first


def test_events_are_sent_again_and_counted_once(client: Client, line: Line, shop: Shop) -> None:
    line.faults = [broken]
    sent = client.events.send([sale("1"), sale("2")])
    assert (sent.applied, sent.duplicates) == (0, 2)
    assert shop.types()["sale.completed"] == 2


def test_reading_and_putting_are_repeated(client: Client, line: Line) -> None:
    line.faults = [broken]
    client.stores.put("london-1", StoreDetails(name="Strand"))
    line.faults = [busy()]
    assert client.stores.show("london-1").name == "Strand"
    line.faults = [busy()]
    assert client.profiles.search(ProfileSearch(email="ada@example.com")).first() is None
    assert len(line.requests) == 6


def test_what_might_count_twice_is_not_repeated(client: Client, line: Line) -> None:
    line.faults = [broken]
    with pytest.raises(Unreachable):
        client.tracking.track(TrackingCall(user_id="u-1", event="Signed Up"))
    line.faults = [busy()]
    with pytest.raises(TryLater):
        client.tracking.track(TrackingCall(user_id="u-1", event="Signed Up"))
    assert len(line.requests) == 2


def test_what_never_left_is_always_sent_again(site: Site, shop: Shop) -> None:
    class Refusing(Line):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if not self.requests:
                self.requests.append(request)
                raise httpx.ConnectError("refused")
            return super().handle_request(request)

    line = Refusing()
    with Client(site.url, shop.key, transport=line, sleep=line.waits.append) as client:
        client.tracking.track(TrackingCall(user_id="u-1", event="Signed Up"))
    assert len(line.requests) == 2


def test_what_is_wrong_stays_wrong_and_is_not_repeated(client: Client, line: Line) -> None:
    client.stores.put("london-1", StoreDetails(name="Strand"))
    line.faults = [lambda: httpx.Response(409, json={"code": "conflict", "message": "No."})]
    with pytest.raises(Conflict):
        client.stores.put("london-1", StoreDetails(name="Strand"))
    assert line.waits == []


def test_a_call_that_is_still_under_way_is_waited_for(client: Client, line: Line) -> None:
    line.faults = [lambda: httpx.Response(409, json={"code": "in_flight", "message": "Still under way."})]
    assert client.keys.make(KEY).scopes == ["events:write"]
    assert len(line.requests) == 2


def test_attempts_end(site: Site, shop: Shop) -> None:
    line = Line()
    line.faults = [busy()] * 9
    with (
        Client(
            site.url, shop.key, transport=line, retries=Retries(attempts_max=3), sleep=line.waits.append
        ) as client,
        pytest.raises(TryLater),
    ):
        client.stores.list().first()
    assert len(line.requests) == 3


def test_waits_double_up_to_a_limit_and_differ(client: Client, line: Line) -> None:
    line.faults = [broken] * 5
    client.stores.list().first()
    bounds = [(0.125 * 2**n, 0.25 * 2**n) for n in range(5)]
    assert all(low <= wait <= high for wait, (low, high) in zip(line.waits, bounds, strict=True))
    long = Retries(attempts_max=99, wait_seconds_max=3.0)
    waits = {long.wait_seconds(attempt, None) for attempt in range(20, 60)}
    assert all(wait is not None and 1.5 <= wait <= 3.0 for wait in waits)
    assert len(waits) > 1


def test_the_server_says_how_long_to_wait(client: Client, line: Line) -> None:
    line.faults = [busy("7")]
    client.stores.list().first()
    [wait] = line.waits
    assert 7.0 <= wait <= 7.25


def test_a_wait_longer_than_one_would_is_left_to_the_caller(client: Client, line: Line) -> None:
    line.faults = [busy("3600", status=429)]
    with pytest.raises(TooManyRequests) as caught:
        client.stores.list().first()
    assert caught.value.retry_after_seconds == 3600
    assert line.waits == []


def test_a_retry_after_may_be_a_date_or_nonsense() -> None:
    soon = retry_after_seconds(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True))
    assert soon is not None
    assert 0 < soon <= 90
    assert retry_after_seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    for nonsense in ("", "soon", "-3", "٣", None):
        assert retry_after_seconds(nonsense) is None


def test_who_looks_after_the_server_hears_of_the_moment(client: Client, line: Line) -> None:
    line.faults = [busy()]
    with pytest.raises(TryLater):
        client.health.readyz()
    assert len(line.requests) == 1
