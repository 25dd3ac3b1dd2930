"""Keys limited to stores in the console: made with boxes that are ticked, told in the list, and refused where it cannot be."""

from __future__ import annotations

import httpx

from tests.console.stage import Stage, sale, token_in

HOSTILE = "<script>alert(1)</script>"


def make(client: httpx.Client, *ticked: str, **fields: str) -> httpx.Response:
    """Fill in the form of a new key."""
    page = client.get("/keys/new").text
    given = {"name": "Tablet", "new_source": "web", **fields, **{f"store:{code}": "1" for code in ticked}}
    return client.post("/keys", data={"csrf": token_in(page), **given})


def test_a_key_is_limited_to_the_stores_that_are_ticked(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(sale("R-1", store="high"), sale("R-2", store=HOSTILE), sale("R-3", store="port"))
    form = visitor.get("/keys/new").text
    assert "Limit to stores" in form
    assert HOSTILE not in form
    made = make(visitor, "port", HOSTILE, **{"scope.profiles:read": "1"})
    assert made.status_code == 200, made.text
    (key,) = stage.run(stage.keys.list(stage.workspace_id))
    assert key.stores == [HOSTILE, "port"]
    page = visitor.get("/keys").text
    assert "and 1 more store" in page
    assert HOSTILE not in page


def test_a_limit_with_a_right_of_the_whole_chain_comes_back_with_its_fault(
    stage: Stage, visitor: httpx.Client
) -> None:
    stage.send(sale("R-1", store="high"))
    page = make(visitor, "high", **{"scope.admin": "1", "scope.profiles:read": "1"})
    assert page.status_code == 400
    assert 'href="#f-stores"' in page.text
    assert "These rights are of all stores: Set up the workspace." in page.text
    assert 'name="store:high" value="1" checked' in page.text
    unknown = make(visitor, "nowhere", **{"scope.profiles:read": "1"})
    assert unknown.status_code == 400
    assert "The register has no store" in unknown.text
    assert stage.run(stage.keys.list(stage.workspace_id)) == []


def test_without_a_tick_a_key_reads_for_all_stores(stage: Stage, visitor: httpx.Client) -> None:
    assert "Limit to stores" not in visitor.get("/keys/new").text, "there is no store yet"
    make(visitor, **{"scope.admin": "1"})
    (key,) = stage.run(stage.keys.list(stage.workspace_id))
    assert key.stores is None
