"""Whatever bytes come to a door, it answers 4xx in the one form, or takes them; it never breaks."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regulars.vocabulary.errors import RegularsError
from regulars.vocabulary.inflate import inflate
from tests.intake.support import House, KeepingGate, Register, house_of

PATHS = (
    "/v1/events",
    "/v1/track",
    "/v1/identify",
    "/v1/batch",
    "/v1/b",
    "/v1/alias",
    "/hooks/shopify",
    "/hooks/x",
)
FEW = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=10**30, max_value=10**40)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["1e999", "9" * 400, "-0", "2026-11-22T10:00:00Z", "0001-01-01T00:00:00+14:00", "\x00"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = """type userId anonymousId messageId event properties traits context timestamp originalTimestamp sentAt
receivedAt groupId previousId name category order_id total currency products price quantity coupon device id
address birthday email channel batch writeKey events""".split()
EVENTS = [
    "Order Completed",
    "Order Refunded",
    "Order Cancelled",
    "Product Viewed",
    "Cart Viewed",
    "Product Added",
    "",
]
objects = st.dictionaries(st.sampled_from(WORDS), values | st.sampled_from(EVENTS), max_size=8)
calls = st.builds(
    lambda kind, event, properties, more: {**more, "type": kind, "event": event, "properties": properties},
    st.sampled_from(["track", "identify", "page", "group", "alias", "screen"]),
    st.sampled_from(EVENTS),
    objects | values,
    objects,
)


@pytest.fixture
def open_house(register: Register) -> House:
    """Doors whose key check needs no database, so that a thousand requests take a second."""

    class Known:
        async def verify(self, text: str) -> Any:
            return caller

        async def find(self, workspace_id: int, name: str) -> None:
            return None

    house = house_of(register, KeepingGate(), {})
    caller = asyncio.run(_caller(register))
    return house_of(Register(Known(), Known(), 1, register.key), house.gate, {})  # type: ignore[arg-type]


async def _caller(register: Register) -> Any:
    from regulars.store.keys import Caller
    from regulars.vocabulary.intake import Source

    return Caller("k", 1, frozenset({"*"}), Source(1, 1, "api", "api", "api"), {})


def sound(answer: httpx.Response) -> None:
    assert answer.status_code in {200, 400, 401, 404, 413, 415}, answer.text
    if answer.status_code != 200:
        assert set(answer.json()) <= {"code", "message", "field"}


@FEW
@given(
    path=st.sampled_from(PATHS),
    body=st.binary(max_size=200),
    encoding=st.sampled_from([None, "gzip", "deflate", "br", "\xff"]),
)
def test_random_bytes(open_house: House, path: str, body: bytes, encoding: str | None) -> None:
    headers = {"content-encoding": None if encoding is None else encoding.encode("latin-1")}
    sound(asyncio.run(open_house.send(path, body, headers=headers)))


@FEW
@given(path=st.sampled_from(PATHS), body=values | objects)
def test_random_json(open_house: House, path: str, body: Any) -> None:
    sound(asyncio.run(open_house.send(path, body)))


@FEW
@given(batch=st.lists(calls | objects | values, max_size=5), context=values, sent_at=values)
def test_random_calls_are_taken_or_kept_aside(
    open_house: House, batch: list[Any], context: Any, sent_at: Any
) -> None:
    gate = open_house.gate
    gate.clear()
    answer = asyncio.run(
        open_house.send("/v1/batch", {"batch": batch, "context": context, "sentAt": sent_at})
    )
    sound(answer)
    if answer.status_code == 200:
        handed = sum(len(bodies) for _, bodies, _ in gate.calls)
        untranslated = sum(error.code != "invalid_event" for _, error, _ in gate.set_aside)
        assert handed + untranslated == len(batch)


@FEW
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["authorization", "x-write-key", "content-type", "content-length", "host", "x-forwarded-host"]
        ),
        st.binary(max_size=40).filter(lambda value: b"\r" not in value and b"\n" not in value),
    ),
    path=st.sampled_from(PATHS),
)
def test_random_headers(register: Register, headers: dict[str, bytes], path: str) -> None:
    house = house_of(register, KeepingGate(), {})
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "client": None,
        "headers": [(name.encode(), value) for name, value in headers.items()],
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(house.doors(scope, receive, send))
    assert sent[0]["status"] in {400, 401, 404, 413}


@FEW
@given(
    data=st.binary(max_size=2_000),
    cut=st.integers(min_value=0, max_value=30),
    bytes_max=st.integers(0, 3_000),
)
def test_unpacking_gives_the_whole_body_or_refuses(data: bytes, cut: int, bytes_max: int) -> None:
    packed = gzip.compress(data)
    sent = packed[: max(1, len(packed) - cut)]
    if cut == 0 and len(data) <= bytes_max:
        assert inflate(sent, "gzip", bytes_max=bytes_max) == data
    else:
        with pytest.raises(RegularsError):
            inflate(sent, "gzip", bytes_max=bytes_max)


def test_several_gzip_members_are_one_body() -> None:
    packed = gzip.compress(b"one ") + gzip.compress(b"two")
    assert inflate(packed, "gzip", bytes_max=7) == b"one two"
    with pytest.raises(RegularsError):
        inflate(packed, "gzip", bytes_max=6)


def test_numbers_of_thousands_of_digits_are_no_fault_of_ours(open_house: House) -> None:
    for number in (
        "9" * 5_000,
        "1." + "9" * 5_000,
        "1e999999",
        "1e-999999",
        "-" + "9" * 5_000,
        "1e99999999999",
    ):
        for place in ("total", "order_id", "quantity", "anything"):
            product = f'{{"sku":"a","price":{number},"quantity":{number}}}'
            properties = (
                f'{{"order_id":"1","currency":"EUR","total":1,"{place}":{number},"products":[{product}]}}'
            )
            body = (
                f'{{"userId":"u","timestamp":{number},"event":"Order Completed","properties":{properties}}}'
            )
            sound(asyncio.run(open_house.send("/v1/track", body.encode())))
            sound(
                asyncio.run(open_house.send("/v1/track", body.replace(f'"timestamp":{number},', "").encode()))
            )
            sound(asyncio.run(open_house.send("/v1/batch", json.dumps({"batch": []}).encode())))
