"""The household of a profile as the API says it: who is in it, by what, and no more than a key may see."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.house import House, assert_error, said

pytestmark = pytest.mark.anyio
HOME = {"line1": "7 Mill Lane", "postcode": "BA1 2ZZ"}


def family(prefix: str, home: dict[str, str]) -> list[dict[str, Any]]:
    """Ida and Max at one address, Ida's flat mate by telephone, and a stranger."""
    number = {"h": "+442079460301", "n": "+442079460302"}[prefix]
    return [
        said(f"{prefix}-1", external_id=f"{prefix}1", given_name="Ida", family_name="Moss", address=home,
             birth_date="1980-01-02", phone=number),
        said(f"{prefix}-2", external_id=f"{prefix}2", given_name="Max", family_name="Moss", address=home,
             birth_date="1981-02-03"),
        said(f"{prefix}-3", external_id=f"{prefix}3", given_name="Una", family_name="Field", phone=number),
        said(f"{prefix}-4", external_id=f"{prefix}4", given_name="Zoe", family_name="Hart"),
    ]  # fmt: skip


async def test_a_household_says_who_and_by_what(house: House) -> None:
    await house.send(*family("h", HOME))
    ida, max_, una, zoe = [(await house.one(external_id=f"h{n}")) for n in (1, 2, 3, 4)]
    told = await house.get(f"/v1/profiles/{ida['id']}/household")
    shares = {one["profile_id"]: (one["name"], one["shares"]) for one in told["members"]}
    assert shares == {
        ida["id"]: ("Ida Moss", ["address", "phone"]),
        max_["id"]: ("Max Moss", ["address"]),
        una["id"]: ("Una Field", ["phone"]),
    }
    assert list(shares) == sorted(shares)
    for one in (max_, una):
        assert await house.get(f"/v1/profiles/{one['id']}/household") == told
    alone = await house.get(f"/v1/profiles/{zoe['id']}/household")
    assert alone["members"] == [{"profile_id": zoe["id"], "name": "Zoe Hart", "shares": []}]
    assert alone["id"] != told["id"]
    masked = await house.get(f"/v1/profiles/{ida['id']}/household", scopes=["profiles:read"])
    assert {one["name"] for one in masked["members"]} == {"I••• M•••", "M••• M•••", "U••• F•••"}
    assert_error(await house.call("GET", f"/v1/profiles/{'0' * 32}/household"), 404)
    assert_error(await house.call("GET", "/v1/profiles/nobody/household"), 404)


async def test_the_households_of_neighbours_are_apart(house: House) -> None:
    await house.send(*family("n", HOME | {"line1": "9 Mill Lane"}))
    ida = await house.one(external_id="n1")
    key = await house.key("*", workspace_id=house.neighbour())
    assert_error(await house.call("GET", f"/v1/profiles/{ida['id']}/household", key=key), 404)


async def test_so_many_that_hang_together_are_no_household(house: House) -> None:
    people = "Abe Bea Cal Deb Eli Fay Gus Hal Ivy Jim Kay Lou Meg".split()
    await house.send(
        *(
            said(f"m-{n}", external_id=f"m{n}", given_name=name, family_name=f"{name}son", email=f"m{n // 2}@example.com",
                 phone=f"+4420794605{(n + 1) // 2:02}")
            for n, name in enumerate(people)
        )
    )  # fmt: skip
    ends = [(await house.one(external_id=f"m{n}"))["id"] for n in (0, 6, 12)]
    assert len(set(ends)) == 3
    for one in ends:
        told = await house.get(f"/v1/profiles/{one}/household")
        assert (told["too_many"], [m["profile_id"] for m in told["members"]]) == (True, [one])
