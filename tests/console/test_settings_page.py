"""The settings of the workspace: what holds, who said so, and that nobody overwrites anybody unawares."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape

import httpx
import pytest

from regulars.console.brand import brand_of
from regulars.console.services import workspace_settings as service
from regulars.console.services.common import ChangedMeanwhile
from regulars.store.database import Database
from regulars.store.workspaces import add_workspace
from tests.console.stage import Stage, details, token_in
from tests.console.test_pages import check

HUE = "#aa3377"
PATHS = ("/settings", "/settings/appearance", "/settings/checklist")
ENGINEER = "engineer@example.com"


def post(client: httpx.Client, path: str = "/settings", **fields: str) -> httpx.Response:
    """A form of the page as it is now, with what is typed."""
    page = client.get("/settings" if path == "/settings/checklist" else path).text
    version = re.search(r'name="version" value="(\d+)"', page) or re.search(r"()", page)
    assert version is not None
    return client.post(path, data={"csrf": token_in(page), "version": version[1] or "0", **fields})


def audit(stage: Stage, action: str) -> list[tuple[str, dict[str, object]]]:
    """(who, details) of the lines of an action."""
    with stage.database.session(stage.workspace_id) as conn:
        query = (
            "select actor, details from audit where workspace_id = %(w)s and action = %(a)s order by audit_no"
        )
        return list(conn.execute(query, {"w": stage.workspace_id, "a": action}).fetchall())


@pytest.fixture
def engineer(stage: Stage) -> Iterator[httpx.Client]:
    stage.add_account(ENGINEER, "engineer", "Erin Engineer")
    client = stage.client(email=ENGINEER)
    yield client
    client.close()


def test_a_name_and_a_time_zone_hold_from_the_next_page_on(stage: Stage, visitor: httpx.Client) -> None:
    assert "Not chosen yet: Corner Shops is used." in visitor.get("/settings").text
    answer = post(visitor, name=" Harbour & Sons ", time_zone="Asia/Tokyo", region="jp", language="en")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings?saved=1")
    page = visitor.get("/settings?saved=1")
    check(page)
    assert "Harbour &amp; Sons</b>" in page.text
    assert "Last changed by Olive Owner" in page.text
    assert "JST" in visitor.get("/events").text or "JST" in page.text
    ((who, told),) = audit(stage, "settings.changed")
    assert who.startswith("user:")
    assert told["time_zone"] == {"before": None, "after": "Asia/Tokyo"}
    assert told["region"] == {"before": None, "after": "JP"}
    said = visitor.get("/audit").text
    assert "Settings changed" in said
    assert "Asia/Tokyo" in said


def test_saving_what_is_saved_leaves_no_line_and_an_empty_field_goes_back(
    stage: Stage, visitor: httpx.Client
) -> None:
    post(visitor, name="Harbour")
    post(visitor, name="Harbour")
    assert len(audit(stage, "settings.changed")) == 1
    post(visitor, name="")
    assert "Corner Shops</b>" in visitor.get("/settings").text
    assert audit(stage, "settings.changed")[1][1] == {"name": {"before": "Harbour", "after": None}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 81),
        ("name", "two\nlines"),
        ("name", "nothing\x00here"),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("region", "XX"),
        ("region", "<script>alert(1)</script>"),
        ("language", "tlh"),
    ],
)
def test_a_value_that_cannot_be_used_comes_back_with_its_field(
    stage: Stage, visitor: httpx.Client, field: str, value: str
) -> None:
    answer = post(visitor, **{"name": "Typed before", field: value})
    assert answer.status_code == 400
    assert f'href="#f-{field}"' in answer.text
    assert f'id="f-{field}-error"' in answer.text
    assert "<script>alert" not in answer.text
    assert field == "name" or 'value="Typed before"' in answer.text
    assert audit(stage, "settings.changed") == []


def test_a_name_is_text_and_never_markup(visitor: httpx.Client) -> None:
    post(visitor, name="<script>alert(1)</script>")
    for path in ("/", "/settings", "/audit", "/nope"):
        page = visitor.get(path).text
        assert "<script>alert" not in page, path
    with closing(httpx.Client(base_url=visitor.base_url, headers={"Accept": "text/html"})) as stranger:
        page = stranger.get("/sign-in").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;</title>" in page


def test_who_saves_later_sees_both_and_loses_nothing(
    stage: Stage, visitor: httpx.Client, engineer: httpx.Client
) -> None:
    form = engineer.get("/settings").text
    post(visitor, name="The owner's name", time_zone="Europe/Paris")
    typed = {"csrf": token_in(form), "version": "0", "name": "The engineer's", "time_zone": "Europe/Paris"}
    answer = engineer.post("/settings", data=typed)
    assert answer.status_code == 409
    page = unescape(answer.text)
    assert "Not saved: Olive Owner saved meanwhile" in page
    assert 'value="The engineer\'s"' in page
    assert "Saved meanwhile: The owner's name" in page
    assert page.count("Saved meanwhile:") == 1, "what is the same on both sides is no conflict"
    again = {**typed, "csrf": token_in(answer.text), "version": "1"}
    assert engineer.post("/settings", data=again).status_code == 303
    assert "The engineer's" in unescape(visitor.get("/settings").text)
    for version in ("", "x", "-1", "9" * 40, "٣"):
        assert engineer.post("/settings", data={**again, "version": version}).status_code == 409


def test_what_the_operator_fixed_is_shown_and_stays(database: Database) -> None:
    with Stage(database, fixed={"time_zone": "America/New_York"}).serving() as stage:
        stage.add_account()
        with closing(stage.client()) as client:
            page = client.get("/settings").text
            assert "REGULARS_TIME_ZONE" in page
            field = re.search(r'<input[^>]*id="f-time_zone"[^>]*>', page)
            assert field is not None
            assert "disabled" in field[0]
            assert 'value="America/New_York"' in field[0]
            assert post(client, time_zone="Asia/Tokyo", name="Kept").status_code == 303
            assert 'value="America/New_York"' in client.get("/settings").text
        assert stage.console is not None
        assert stage.console.desk.deps.zone.key == "America/New_York"
        ((_who, told),) = audit(stage, "settings.changed")
        assert set(told) == {"name"}


def test_the_region_decides_how_a_number_is_found(stage: Stage, visitor: httpx.Client) -> None:
    stage.send(details("p-1", external_id="p-1", given_name="Pia", phone="+44 20 7946 0018"))
    typed = {"q": "020 7946 0018"}
    assert "Pia" in visitor.get("/customers", params=typed).text
    post(visitor, region="ES")
    assert "Pia" not in visitor.get("/customers", params=typed).text


def test_a_colour_is_looked_at_then_kept_then_given_up(stage: Stage, visitor: httpx.Client) -> None:
    path = brand_of(HUE).path
    preview = visitor.get("/settings/appearance", params={"hue": HUE})
    check(preview)
    assert path in preview.text
    assert path not in visitor.get("/").text, "a preview is of one page"
    assert post(visitor, "/settings/appearance", hue=HUE).status_code == 303
    with closing(stage.client(email=None)) as stranger:
        for page in (visitor.get("/").text, stranger.get("/sign-in").text):
            assert page.index("console.") < page.index(path), "it comes after the sheet it overrides"
    assert audit(stage, "settings.changed")[0][1] == {"hue": {"before": None, "after": HUE}}
    assert post(visitor, "/settings/appearance", hue="").status_code == 303
    assert "/brand/" not in visitor.get("/").text


def test_the_style_sheet_of_a_colour_may_be_kept_for_ever(stage: Stage) -> None:
    brand = brand_of(HUE)
    with closing(stage.client(email=None)) as stranger:
        sheet = stranger.get(brand.path)
        assert sheet.status_code == 200
        assert sheet.headers["content-type"].startswith("text/css")
        assert sheet.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert "style-src 'self'" in sheet.headers["content-security-policy"]
        assert sheet.text == brand.sheet
        weak, other = brand.path.replace("aa3377", "ffcc00"), brand.path.replace("aa3377", "aa3378")
        for wrong in (weak, other, "/brand/aa3377.css", "/brand/x", brand.path + "x"):
            assert stranger.get(wrong).status_code == 404, wrong


def test_a_colour_that_cannot_be_read_is_refused_with_one_that_can(
    stage: Stage, visitor: httpx.Client
) -> None:
    for answer in (
        visitor.get("/settings/appearance", params={"hue": "#ffcc00"}),
        post(visitor, "/settings/appearance", hue="#ffcc00"),
    ):
        assert "has a contrast of 1.3 to 1" in answer.text
        found = re.search(r'href="(/settings/appearance\?hue=[^"]+)"', answer.text)
        assert found is not None
        assert "This is a preview" in visitor.get(found[1]).text
    assert post(visitor, "/settings/appearance", hue="<script>").status_code == 400
    assert audit(stage, "settings.changed") == []


def test_two_owners_who_change_the_colour_meet(stage: Stage, visitor: httpx.Client) -> None:
    form = token_in(visitor.get("/settings/appearance").text)
    post(visitor, "/settings/appearance", hue="#1f5fbf")
    answer = visitor.post("/settings/appearance", data={"csrf": form, "version": "0", "hue": HUE})
    assert answer.status_code == 409
    assert "The colour saved now is #1f5fbf, yours is #aa3377." in answer.text


def test_an_engineer_sets_up_but_does_not_paint(stage: Stage, engineer: httpx.Client) -> None:
    page = engineer.get("/settings").text
    assert "/settings/stores" in page
    assert "/settings/appearance" not in page
    assert "/settings/staff" not in page
    assert engineer.get("/settings/appearance").status_code == 403
    data = {"csrf": token_in(page), "version": "0", "hue": HUE}
    assert engineer.post("/settings/appearance", data=data).status_code == 403
    assert post(engineer, name="By an engineer").status_code == 303


@pytest.mark.parametrize("role", ["marketer", "manager", "associate", "privacy"])
def test_other_roles_change_nothing(stage: Stage, role: service.Name) -> None:
    stage.add_account(f"{role}@example.com", role, role)  # type: ignore[arg-type]
    with closing(stage.client(email=f"{role}@example.com")) as client:
        home = client.get("/", follow_redirects=True).text
        assert "Set up your workspace" not in home
        for path in PATHS:
            assert client.post(path, data={"csrf": token_in(home), "version": "0"}).status_code == 403, path
    assert audit(stage, "settings.changed") == []


def test_a_form_without_its_token_does_nothing(stage: Stage, visitor: httpx.Client) -> None:
    for path in PATHS:
        assert visitor.post(path, data={"version": "0", "name": "x", "hue": HUE}).status_code == 403, path
    assert audit(stage, "settings.changed") == []


def test_a_workspace_has_settings_of_its_own(stage: Stage, visitor: httpx.Client) -> None:
    other = add_workspace(stage.database, "other")
    post(visitor, name="Ours")
    ground = service.Ground()
    with pytest.raises(ChangedMeanwhile):
        stage.run(_save(stage, other, 1, ground))
    stage.run(_save(stage, other, 0, ground))
    with stage.database.session(other) as conn:
        assert conn.execute("select name from workspace_setting").fetchall() == [("Theirs",)]
    assert "Ours</b>" in visitor.get("/settings").text


async def _save(stage: Stage, workspace_id: int, version: int, ground: service.Ground) -> service.Saved:
    now = stage.console.desk.deps.clock()  # type: ignore[union-attr]
    return await service.save(
        stage.database, workspace_id, {"name": "Theirs"}, version=version, ground=ground, by="cli", now=now
    )


def test_what_is_kept_how_long_is_told(visitor: httpx.Client) -> None:
    page = visitor.get("/settings").text
    rejected = page.partition("Rejected events</dt>")[2]
    assert rejected.startswith("<dd>30 days</dd>")
