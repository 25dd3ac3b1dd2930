"""The world of the demo: a chain with its branches, tills, staff and goods, and the people around it.

`build_world(seed, …)` is a pure function: the same arguments, the same world. 100,000 people take about two seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from .catalogue import Catalogue, build_catalogue
from .contacts import folded
from .ids import Ids
from .names import BRITISH, FRENCH
from .people import Home, People, Person

CHAIN: Final = "Harbour & Hearth"
DOMAIN: Final = "harbourandhearth.example"

INVENTED_EMAILS: Final = (f"hello@{DOMAIN}", f"customer@{DOMAIN}")
INVENTED_PHONES: Final = ("+441632960444",)
"""What the tills of this chain put where a customer gives no contact: fillers that are on nobody's list."""

System = Literal["square", "shopify"]
SYSTEMS: Final[tuple[System, ...]] = ("square", "shopify")


class Staff(Struct, frozen=True, gc=False):
    """Someone behind a till."""

    number: int
    branch: int
    given: str
    family: str
    email: str
    phone: str


class Branch(Struct, frozen=True, eq=False):
    """A shop, or the web shop (`online`). `opens` and `closes` are local hours, Monday to Sunday; 0 to 0 is shut."""

    number: int
    name: str
    town: str
    time_zone: str
    zone: ZoneInfo
    country: str
    currency: str
    postcode: str
    phone: str
    email: str
    system: System
    tills: int
    staff: tuple[Staff, ...]
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    online: bool = False


class World(Struct, frozen=True, eq=False):
    """Everything that stands still while the demo runs. `web` is the last branch."""

    seed: int
    ids: Ids
    catalogue: Catalogue
    branches: tuple[Branch, ...]
    people: list[Person]

    @property
    def web(self) -> Branch:
        """The web shop."""
        return self.branches[-1]


# town, branch name, country, time zone, postcode area, drama range of its landlines, its digits, till system
_TOWNS: Final = (
    ("London", "London Borough", "GB", "Europe/London", "SE", "+442079460", 3, "square"),
    ("Manchester", "Manchester Northern Quarter", "GB", "Europe/London", "M", "+441614960", 3, "square"),
    ("Lille", "Lille Vieux-Lille", "FR", "Europe/Paris", "99", "+3335301", 4, "square"),
    ("Bristol", "Bristol Harbourside", "GB", "Europe/London", "BS", "+441174960", 3, "shopify"),
    ("Edinburgh", "Edinburgh Grassmarket", "GB", "Europe/London", "EH", "+441314960", 3, "square"),
    ("Leeds", "Leeds Arcade", "GB", "Europe/London", "LS", "+441134960", 3, "square"),
    ("Cardiff", "Cardiff Bay", "GB", "Europe/London", "CF", "+442920180", 3, "square"),
    ("Newcastle", "Newcastle Quayside", "GB", "Europe/London", "NE", "+441914980", 3, "shopify"),
    ("Belfast", "Belfast Cathedral Quarter", "GB", "Europe/London", "BT", "+442896496", 3, "square"),
    ("Birmingham", "Birmingham Canalside", "GB", "Europe/London", "B", "+441214960", 3, "square"),
    ("Glasgow", "Glasgow Merchant City", "GB", "Europe/London", "G", "+441414960", 3, "square"),
    ("Liverpool", "Liverpool Docks", "GB", "Europe/London", "L", "+441514960", 3, "square"),
)
_CURRENCIES: Final = {"GB": "GBP", "FR": "EUR"}
_OPENS: Final = {"GB": (9, 9, 9, 9, 9, 9, 11), "FR": (10, 10, 10, 10, 10, 10, 0)}
_CLOSES: Final = {"GB": (18, 18, 18, 20, 18, 18, 17), "FR": (19, 19, 19, 19, 19, 19, 0)}


def build_world(seed: int, *, people: int = 2_000, shops: int = 8) -> World:
    """The world of a seed. `shops` counts those with a door; the web shop comes on top. Beyond twelve shops the
    towns repeat. The third shop is abroad and takes euros; the fourth and every eighth after use Shopify POS."""
    rng = Random(f"regulars demo world {seed}")
    branches = tuple(_branch(rng, number) for number in range(shops))
    web = _web_branch(len(branches))
    return World(
        seed=seed,
        ids=Ids(seed),
        catalogue=build_catalogue(rng),
        branches=(*branches, web),
        people=list(islice(stream_people(rng, shops), people)),
    )


def stream_people(rng: Random, shops: int) -> Iterator[Person]:
    """People without end, for loads too large to keep."""
    return (person for household in stream_households(rng, shops) for person in household)


def stream_households(rng: Random, shops: int) -> Iterator[list[Person]]:
    """The same people, household by household."""
    return People(rng, [_home(number) for number in range(shops)]).households()


def _home(number: int) -> Home:
    town, _, country, _, area, landline, digits, _ = _TOWNS[number % len(_TOWNS)]
    return Home(number, town, country, area, landline, digits)


def _branch(rng: Random, number: int) -> Branch:
    town, name, country, time_zone, area, _, _, system = _TOWNS[number % len(_TOWNS)]
    again = number // len(_TOWNS)
    return Branch(
        number=number,
        name=name if not again else f"{name} {again + 1}",
        town=town,
        time_zone=time_zone,
        zone=ZoneInfo(time_zone),
        country=country,
        currency=_CURRENCIES[country],
        postcode="99001" if country == "FR" else f"{area}1 1CK",
        phone=shop_phone(country, number),
        email=f"{folded(town)}{again + 1 if again else ''}@{DOMAIN}",
        system="shopify" if system == "shopify" else "square",
        tills=2 + int(rng.random() * 3),
        staff=tuple(_staff(rng, number, country, place) for place in range(5 + int(rng.random() * 4))),
        opens=_OPENS[country],
        closes=_CLOSES[country],
    )


def shop_phone(country: str, number: int) -> str:
    """Shops have numbers of their own range, so that staff who type them in do not name a customer."""
    return f"+3319900{number % 10_000:04d}" if country == "FR" else f"+441632960{number % 1000:03d}"


def _staff(rng: Random, branch: int, country: str, place: int) -> Staff:
    names = FRENCH if country == "FR" else BRITISH
    given = rng.choice(names.women if rng.random() < 0.6 else names.men)
    number = branch * 100 + place
    return Staff(
        number=number,
        branch=branch,
        given=given,
        family=rng.choice(names.surnames),
        email=f"{folded(given)}.{number}@staff.{DOMAIN}",
        phone=f"+441632960{(500 + number) % 1000:03d}",
    )


def _web_branch(number: int) -> Branch:
    return Branch(
        number=number,
        name="Web shop",
        town="London",
        time_zone="Europe/London",
        zone=ZoneInfo("Europe/London"),
        country="GB",
        currency="GBP",
        postcode="SE1 1CK",
        phone="+441632960499",
        email=f"hello@{DOMAIN}",
        system="shopify",
        tills=1,
        staff=(),
        opens=(0,) * 7,
        closes=(24,) * 7,
        online=True,
    )
