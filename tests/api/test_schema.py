"""The whole description held against the program: no fault of ours, no answer that is not described."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeAlias

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from regulars.store.database import Database
from regulars.store.master import MasterKey
from regulars.vocabulary.scopes import EVERYTHING, SCOPES
from tests.api.house import ADDRESS, DOCUMENT, House, open_house, said

pytestmark = pytest.mark.slow

EXAMPLES = 8
EXAMPLES_SOAK = 200
EXAMPLES_FOR_EACH_SCOPE = 2
WAIT_SECONDS = 60.0
Case: TypeAlias = schemathesis.Case[Any]
OPERATIONS = [
    (method.upper(), path)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    if method != "parameters"
]


class Loop:
    """A house on an event loop of its own, so that synchronous tests may call it."""

    def __init__(self, database: Database, master: MasterKey, home: Any) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._open = open_house(database, master, home)
        self.house: House = self.run(self._open.__aenter__())

    def run(self, work: Any) -> Any:
        """A coroutine's result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_SECONDS)

    def close(self) -> None:
        """End it all."""
        self.run(self._open.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_SECONDS)
        self._loop.close()


@pytest.fixture(scope="module")
def loop(module_database: Database, master_key: MasterKey, private_directory: Any) -> Iterator[Loop]:
    with ExitStack() as stack:
        loop = Loop(module_database, master_key, private_directory())
        stack.callback(loop.close)
        loop.run(loop.house.send(said("s", external_id="s", email="sam@example.com")))
        yield loop


SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
CHOSEN: list[Any] = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance",
    )
]  # fmt: skip
REFUSING: list[Any] = [*CHOSEN, CHECKS.get_one("negative_data_rejection")]
# The doors set aside what they cannot read, or know more than the description of a vendor's form.
TOLERANT = (
    "/v1/events",
    "/v1/batch",
    "/v1/track",
    "/v1/identify",
    "/v1/page",
    "/v1/screen",
    "/v1/group",
    "/v1/alias",
    "/hooks/",
)


def _send(loop: Loop, case: Case, key: str) -> httpx.Response:
    """A generated case as the wire has it."""
    sent = requests.Request(**_known(case.as_transport_kwargs(base_url=ADDRESS))).prepare()
    headers = {
        name: value.encode("latin-1") if isinstance(value, str) else value
        for name, value in sent.headers.items()
    }
    # A key is always a good one; whether there is any is part of what is tried.
    if case.meta is None or case.meta.generation.mode.is_positive or "authorization" in sent.headers:
        headers["authorization"] = f"Bearer {key}".encode()
    body: Any = sent.body.encode() if isinstance(sent.body, str) else sent.body
    raw = [(name.encode("latin-1"), value) for name, value in headers.items()]
    call = loop.house.client.request(sent.method or "GET", sent.url or "", headers=raw, content=body)
    answer: httpx.Response = loop.run(call)
    return answer


def _known(kwargs: dict[str, Any]) -> dict[str, Any]:
    names = ("method", "url", "headers", "files", "data", "params", "cookies", "json")
    return {name: value for name, value in kwargs.items() if name in names}


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(EXAMPLES_SOAK, marks=pytest.mark.soak)])
def test_every_answer_is_described_and_none_is_a_fault(
    loop: Loop, method: str, path: str, mode: GenerationMode, examples: int
) -> None:
    key = loop.run(loop.house.key("*"))
    checks = CHOSEN if path.startswith(TOLERANT) else REFUSING
    _try(
        method,
        path,
        mode,
        lambda case: case.validate_response(_send(loop, case, key), checks=checks),
        examples=examples,
        same=examples == EXAMPLES,
    )


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[" ".join(one) for one in OPERATIONS])
def test_no_key_of_a_single_scope_meets_a_fault(loop: Loop, method: str, path: str) -> None:
    """The same call by each key: what its scope does not open is refused before anything is read of it."""
    keys = [loop.run(loop.house.key(scope.name)) for scope in SCOPES if scope.name != EVERYTHING]

    def hold(case: Case) -> None:
        for key in keys:
            case.validate_response(_send(loop, case, key), checks=CHOSEN)

    _try(method, path, GenerationMode.POSITIVE, hold, examples=EXAMPLES_FOR_EACH_SCOPE, same=True)


def _try(
    method: str, path: str, mode: GenerationMode, hold: Callable[[Case], Any], *, examples: int, same: bool
) -> None:
    """Hold generated cases of an operation against the program; the `same` on every run, or others."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=same,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=SCHEMA[path][method].as_strategy(generation_mode=mode))
    def each(case: Case) -> None:
        hold(case)

    try:
        each()
    except Unsatisfiable:
        pytest.skip("nothing can be said wrongly here")
