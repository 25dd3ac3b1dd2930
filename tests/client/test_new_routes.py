"""A route that does not exist yet gets its method and structs by running the script, whatever its schemas hold."""

from __future__ import annotations

import enum
import importlib
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import httpx
import msgspec
import pytest
from msgspec import Meta, Struct

from scripts.make_client import FOLDERS, ROOT, TARGET, document, files

REF = "#/components/schemas/"


class Card(Struct, tag="card", tag_field="kind"):
    number: str


class Cash(Struct, tag="cash", tag_field="kind"):
    """Coins and notes."""

    rounded: bool = False


class Mood(enum.Enum):
    """No object, but with a name of its own in the document."""

    GOOD = "good"


class Report(Struct, rename="camel"):
    """Figures."""

    made_at: Annotated[datetime, Meta(tz=True)] | None
    paid_by: Card | Cash
    mixed: list[Card | Cash]
    share: Decimal
    texts: dict[str, list[int | str | None]]
    class_: str | None = msgspec.field(name="class", default=None)
    list_: list[str] = msgspec.field(name="list", default_factory=list)
    field: str | None = None
    mood: Mood | None = None


class ReportPage(Struct):
    """A page of figures."""

    data: list[Report]
    next: str | None


class Rows(Struct):
    """A page of what has no form: 'rows'."""

    data: list[dict[str, Any]]
    next: str | None


class Wish(Struct):
    """What to reckon."""

    names: list[str]
    how: str = 'the "usual" \\ way'
    mood: Mood = Mood.GOOD
    until: datetime | None = None


def extended() -> dict[str, Any]:
    """The document with a group of routes more."""
    out = document()
    _, schemas = msgspec.json.schema_components([Report, ReportPage, Rows, Wish], ref_template=REF + "{name}")
    out["components"]["schemas"].update(schemas)
    cursor = {"name": "cursor", "in": "query", "schema": {"type": "string"}}
    since = {"name": "from", "in": "query", "schema": {"type": "string", "format": "date-time"}}
    stores = {"name": "stores", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    out["paths"]["/v1/figures"] = {
        "get": operation("list_figures", "ReportPage", parameters=[cursor, since, stores]),
        "post": operation("reckon_figures", "Report", body="Wish", parameters=[key]),
    }
    out["paths"]["/v1/figures/rows"] = {"get": operation("list_rows", "Rows", parameters=[cursor])}
    maybe = {"oneOf": [{"$ref": f"{REF}Report"}, {"type": "null"}]}
    latest = operation("show_latest", "Report")
    latest["responses"]["200"]["content"]["application/json"]["schema"] = maybe
    out["paths"]["/v1/figures/latest"] = {"get": latest}
    file = operation("take_file", None)
    file["requestBody"] = {"content": {"text/csv": {}}, "required": True}
    file["responses"] = {"200": {"content": {"application/zip": {}}}}
    out["paths"]["/v1/figures/file"] = {"post": file}
    remove = operation("remove_figure", None)
    out["paths"]["/v1/figures/{no}"] = {"delete": remove, "get": operation("show_figure", "Report")}
    return out


def operation(name: str, answer: str | None, *, body: str | None = None, **more: Any) -> dict[str, Any]:
    """One operation of the group."""
    described: dict[str, Any] = {
        "operationId": name,
        "tags": ["Figures"],
        "security": [{"bearer": []}],
        **more,
    }
    schema = {"application/json": {"schema": {"$ref": f"{REF}{answer}"}}}
    described["responses"] = {"200": {"content": schema}} if answer else {"204": {"description": "Gone."}}
    if body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": REF + body}}},
        }
    return described


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The client of a server that has them, as a package of another name."""
    place = tmp_path_factory.mktemp("newer")
    package = place / "newer_client"
    shutil.copytree(TARGET, package, ignore=shutil.ignore_patterns("__pycache__", *FOLDERS))
    for name, text in files(extended()).items():
        path = package / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.path.insert(0, str(place))
    yield importlib.import_module("newer_client")
    sys.path.remove(str(place))


def told(**fields: Any) -> bytes:
    """A report as the server sends it, with fields unknown here."""
    said: dict[str, Any] = {
        "madeAt": "2026-03-02T10:15:00Z",
        "paidBy": {"kind": "card", "number": "4"},
        "mixed": [{"kind": "cash", "rounded": True}],
        "share": "0.125",
        "texts": {"a": [1, "b", None]},
        "unheardOf": [1],
    }
    return msgspec.json.encode({**said, **fields})


def test_what_is_new_is_asked_and_read(newer: Any) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.method == "DELETE":
            return httpx.Response(204)
        if request.url.path.endswith(("rows", "latest", "file")):
            body = {"rows": b'{"data": [{"a": 1}], "next": "b"}', "latest": b"null", "file": b"PK"}
            return httpx.Response(200, content=body[request.url.path.rpartition("/")[2]])
        if request.method == "GET" and request.url.path == "/v1/figures":
            return httpx.Response(200, content=b'{"data": [' + told(**{"class": "a", "list": ["x"]}) + b"]}")
        return httpx.Response(200, content=told(field="f", mood="splendid"))

    models = importlib.import_module("newer_client.models")
    with newer.Client("http://shop.test", "key", transport=httpx.MockTransport(answer)) as client:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        [listed] = client.figures.list(from_=since, stores=["a", "b"])
        assert (listed.class_, listed.list_, listed.field) == ("a", ["x"], None)
        assert listed.made_at == datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
        assert listed.paid_by == models.Card(number="4")
        assert listed.mixed == [models.Cash(rounded=True)]
        assert (listed.share, listed.texts) == (Decimal("0.125"), {"a": [1, "b", None]})
        assert client.figures.reckon(models.Wish(names=["x"])).field == "f"
        assert client.figures.remove("7") is None
        assert client.figures.show("7").mood == "splendid"
        assert (client.figures.rows(cursor="a").data, client.figures.latest()) == ([{"a": 1}], None)
        assert client.figures.file(b"a,b") == b"PK"
    assert asked[0].url.params.multi_items() == [
        ("from", since.isoformat()),
        ("stores", "a"),
        ("stores", "b"),
    ]
    assert asked[1].content == b'{"names":["x"]}'
    assert asked[1].headers["idempotency-key"]
    assert [one.url.path for one in asked[2:4]] == ["/v1/figures/7", "/v1/figures/7"]
    assert asked[4].url.query == b"cursor=a"
    assert asked[-1].headers["content-type"] == "text/csv"


def test_what_is_new_passes_the_checks(newer: Any, tmp_path: Path) -> None:
    package = Path(newer.__file__).parent
    folder = tmp_path / "src" / "regulars" / "client"  # where the linter's exceptions for it hold
    shutil.copytree(package, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    here = Path(sys.executable).parent
    lint = [str(here / "ruff"), "check", "--no-cache", "--quiet", "src"]
    types = [
        str(here / "mypy"),
        "--strict",
        "--config-file",
        "",
        "--cache-dir",
        str(tmp_path / "cache"),
        str(folder),
    ]
    for line in (lint, types):
        done = subprocess.run(line, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
