"""What goes wrong comes as an exception that says what and where; the key is in none of them."""

from __future__ import annotations

import logging
import socket
import traceback

import httpx
import pytest

from regulars.client import (
    ApiError,
    Client,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    Retries,
    TryLater,
    Unauthenticated,
    UnexpectedAnswer,
    Unprocessable,
    Unreachable,
)
from regulars.client.models import NewProduct, NewStore, ProfileSearch
from tests.sdk.site import Shop, Site

ONCE = Retries(attempts_max=1)


def answering(status: int, **options: object) -> Client:
    """A client of something that always answers this."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, **options))  # type: ignore[arg-type]
    return Client("http://shop.test", "key", transport=transport, retries=ONCE)


def test_an_error_of_the_server_has_its_code_message_and_field(client: Client) -> None:
    with pytest.raises(InvalidInput) as caught:
        client.profiles.find(email="a@example.com", name="Ada").first()
    error = caught.value
    assert (error.status, error.code, error.field) == (400, "invalid_input", "name")
    assert "one thing at a time" in error.message
    assert str(error) == f"invalid_input: {error.message} (field name)"


def test_what_is_not_there_or_there_already_has_its_own_error(client: Client) -> None:
    with pytest.raises(NotFound):
        client.stores.show("nowhere")
    client.stores.add(NewStore(code="london-1", name="Strand"))
    with pytest.raises(Conflict) as caught:
        client.stores.add(NewStore(code="london-1", name="Fleet Street"))
    assert caught.value.field == "code"


def test_a_key_is_refused_for_what_it_is_not_for(site: Site) -> None:
    with Client(site.url, "rk_wrong") as client, pytest.raises(Unauthenticated):
        client.stores.list().first()
    with Client(site.url, site.new_shop(("profiles:read",)).key) as client, pytest.raises(Forbidden):
        client.audit.verify()


def test_an_idempotency_key_used_for_another_call_is_told(client: Client) -> None:
    client.products.add(NewProduct(sku="A"), idempotency_key="monday")
    with pytest.raises(Unprocessable) as caught:
        client.products.add(NewProduct(sku="B"), idempotency_key="monday")
    assert caught.value.code == "idempotency_key_reused"


def test_nobody_there_is_told_with_the_route_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = Client(f"http://127.0.0.1:{port}", "key", retries=ONCE)
    with client, pytest.raises(Unreachable) as caught:
        client.profiles.find(email="ada@example.com").first()
    assert "GET /v1/profiles" in str(caught.value)
    assert "ada" not in str(caught.value)


def test_an_answer_that_takes_too_long_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        client = Client(url, "key", timeout_seconds=0.05, retries=ONCE)
        with client, pytest.raises(Unreachable, match="ReadTimeout"):
            client.stores.show("london-1")


def test_what_a_proxy_says_is_told_by_its_status() -> None:
    client = answering(502, text="<html>Bad gateway</html>", headers={"x-request-id": "r-9"})
    with client, pytest.raises(TryLater) as caught:
        client.stores.show("x")
    assert (caught.value.code, caught.value.request_id) == ("http_502", "r-9")
    assert "GET /v1/stores/{code}" in caught.value.message
    with answering(418, text="short and stout") as client, pytest.raises(ApiError) as odd:
        client.stores.show("x")
    assert (type(odd.value), odd.value.code) == (ApiError, "http_418")


@pytest.mark.parametrize(
    ("status", "text"), [(200, "<html>Welcome</html>"), (200, '{"code": 1}'), (302, ""), (200, "")]
)
def test_an_answer_of_somebody_else_is_told(status: int, text: str) -> None:
    with answering(status, text=text) as client, pytest.raises(UnexpectedAnswer, match="GET /v1/stores"):
        client.stores.show("x")


def test_fields_and_values_a_newer_server_adds_do_no_harm() -> None:
    identifier = {"kind": "palm_print", "value": "x", "source": "tills", "current": True, "strength": 3}
    link = {
        "record_id": "r",
        "source": "tills",
        "known": True,
        "name": None,
        "first_at": "2026-01-01T00:00:00Z",
    }
    record = {**link, "last_at": None, "orders": 0, "identifiers": [identifier], "mood": "good"}
    model = {"name": "m", "number": 0, "digest": "d", "link_bits": 6.0, "review_bits": 0.0, "colour": "red"}
    empty = ("links", "path", "not_links", "generic_values", "splits")
    lists: dict[str, list[str]] = {name: [] for name in empty}
    counts = {"records_total": 1, "pairs_total": 0, "splits_tried": 0, "up_to_date": True}
    said = {"profile_id": "p", "summary": "", "records": [record], "model": model, **lists, **counts}
    with answering(200, json={**said, "more": {}}) as client:
        assert client.profiles.explain("p").records[0].identifiers[0].kind == "palm_print"


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_would_lead_to_another_route_is_refused(client: Client, name: str) -> None:
    with pytest.raises(ValueError, match="cannot stand in /v1/stores"):
        client.stores.show(name)


@pytest.mark.parametrize("url", ["", "regulars.example", "ftp://regulars.example", "http://"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="base_url"):
        Client(url, "key")


@pytest.mark.parametrize("key", ["", "two words", "line\nbreak", "schlüssel"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValueError, match="The key") as caught:
        Client("http://shop.test", key)
    assert not key or key not in str(caught.value)


def test_neither_the_key_nor_whom_one_looks_for_is_written_down(
    client: Client, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, logger="httpx"), caplog.at_level(logging.DEBUG, logger="httpcore"):
        client.profiles.search(ProfileSearch(email="ada@example.com")).first()
        client.profiles.find(email="ada@example.com").first()
        with pytest.raises(NotFound) as caught:
            client.stores.show("nowhere")
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("uvicorn")]
    told = "\n".join([*ours, *traceback.format_exception(caught.value), repr(client)])
    assert shop.key not in told
    assert "ada" not in told
