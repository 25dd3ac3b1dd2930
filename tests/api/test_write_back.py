"""The write-back of a source over the API: its switch, what could not be done, and telling a vendor of everybody."""

from __future__ import annotations

import pytest

from tests.api.house import House, assert_error
from tests.api.test_sources_keys import SQUARE

pytestmark = pytest.mark.anyio
AT = "/v1/sources/high-street/write-back"


async def test_write_back_is_switched_shown_and_told_of_everybody(house: House) -> None:
    assert (await house.call("POST", "/v1/sources", json=SQUARE)).status_code == 201
    off = (await house.call("GET", AT)).json()
    assert off == {"on": False, "programme": 1, "waiting": 0, "failed": 0, "told_at": None, "untold": []}
    on = (await house.call("PUT", AT, json={"on": True, "programme": 3})).json()
    assert (on["on"], on["programme"]) == (True, 3)
    options = (await house.call("GET", "/v1/sources/high-street")).json()["options"]
    assert options == {"region": "FR", "write_back": "on", "write_back_programme": "3"}
    assert (await house.call("POST", f"{AT}/all", json={})).json() == {"next": None}
    assert (await house.call("POST", f"{AT}/retry")).json() == {"members": 0}
    actions = [line["action"] for line in (await house.call("GET", "/v1/audit")).json()["data"]]
    assert actions.count("source.write_back_on") == 1


async def test_a_source_that_keeps_no_points_cannot_be_switched_on(house: House) -> None:
    answer = await house.call("PUT", "/v1/sources/tills/write-back", json={"on": True})
    assert assert_error(answer, 400, "invalid_input")["field"] == "options.write_back"
    answer = await house.call("PUT", "/v1/sources/tills", json={"options": {"write_back": "on"}})
    assert assert_error(answer, 400, "invalid_input")["field"] == "options.write_back"
    answer = await house.call("PUT", "/v1/sources/tills", json={"options": {"write_back": "maybe"}})
    assert assert_error(answer, 400, "invalid_input")["field"] == "options.write_back"
    answer = await house.call("PUT", "/v1/sources/tills", json={"options": {"write_back_programme": "0"}})
    assert assert_error(answer, 400, "invalid_input")["field"] == "options.write_back_programme"
