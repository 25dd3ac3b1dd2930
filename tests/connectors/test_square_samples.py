"""Square's published examples, one by one: what each of them means to us."""

from __future__ import annotations

from typing import Any, Final

import msgspec
import pytest

from . import cases
from .vendor_files import samples

NOTHING: Final[list[dict[str, Any]]] = []
"""Topics that say nothing of customers, goods or shops."""

EXPECTED: Final[dict[str, list[dict[str, Any]]]] = {
    "catalog.version.updated": [
        {
            "id": "notice:aeaaa5f6-c4fd-4e93-b688-71b50706266f",
            "type": "source.noticed",
            "occurred_at": "2019-10-29T17:26:16.808604Z",
            "fetches": [{"kind": "catalog", "reference": "2019-10-29T17:26:16.530000+00:00"}],
        }
    ],
    "customer.created": [
        {
            "id": "e12b5591-e0b6-4967-810a-307c7efcb1a7",
            "type": "customer.updated",
            "occurred_at": "2022-11-09T21:23:25Z",
            "version": 0,
            "customer": {
                "external_id": "QPTXM8PQNX3Q726ZYHPMNP46XC",
                "email": "jenkins+smorly@squareup.com",
                "phone": "+12126668929",
                "given_name": "Jenkins",
                "family_name": "Smorly",
                "birth_date": "1962-03-04",
                "address": {
                    "line1": "1018 40th Street",
                    "city": "Oakland",
                    "region": "CA",
                    "postcode": "94608",
                },
                "traits": {"square_groups": ["JGJCW9S0G68NE.APPOINTMENTS"]},
            },
        }
    ],
    "customer.updated": [
        {
            "id": "b4ce4698-00de-4b5d-a771-4941b3913b34",
            "type": "customer.updated",
            "occurred_at": "2022-11-09T21:38:30Z",
            "version": 1,
            "customer": {
                "external_id": "A0AP25A6SCVTH8JES9BX01GXM4",
                "email": "jenkins+smorly@squareup.com",
                "phone": "+13477947111",
                "given_name": "Jenkins",
                "family_name": "Smorly",
            },
        }
    ],
    "customer.deleted": [
        {
            "id": "8e84fec8-f04b-46f0-b66d-dbb8b59590fa",
            "type": "customer.deleted",
            "occurred_at": "2022-11-09T21:26:50Z",
            "customer": {"external_id": "QPTXM8PQNX3Q726ZYHPMNP46XC"},
        }
    ],
    "gift_card.activity.created": NOTHING,
    "gift_card.created": NOTHING,
    "inventory.count.updated": [
        {
            "id": "notice:df5f3813-a913-45a1-94e9-fdc3f7d5e3b6:0",
            "type": "source.noticed",
            "occurred_at": "2019-10-29T18:38:45.455007Z",
            "fetches": [{"kind": "stock", "reference": "YYQR03DGCTXA4/FGQ5JJWT2PYTHF35CKZ2DSKP"}],
        }
    ],
    "labor.timecard.created": NOTHING,
    "location.created": [
        {
            "id": "notice:de45d351-8ad2-400a-97af-e9f89da3d19d",
            "type": "source.noticed",
            "occurred_at": "2020-02-06T21:27:34.308000Z",
            "store": "S8GWD5DBJ3HF3",
            "fetches": [{"kind": "location", "reference": "S8GWD5DBJ3HF3", "version": 1581024454308}],
        }
    ],
    "location.updated": [
        {
            "id": "notice:de45d351-8ad2-400a-97af-e9f89da3d19d",
            "type": "source.noticed",
            "occurred_at": "2020-02-06T21:27:34.308000Z",
            "store": "S8GWD5DBJ3HF3",
            "fetches": [{"kind": "location", "reference": "S8GWD5DBJ3HF3", "version": 1581024454308}],
        }
    ],
    "loyalty.account.created": [
        {
            "id": "875f2038-6015-492e-9f29-d040b3809e49",
            "type": "customer.updated",
            "occurred_at": "2020-05-13T01:41:34Z",
            "version": 1589334094000,
            "customer": {
                "external_id": "QPTXM8PQNX3Q726ZYHPMNP46XC",
                "loyalty_card": "ba2f8ab6-e131-46d9-9882-17714404eb49",
                "phone": "+14155551234",
            },
            "properties": {"square_balance": 0, "square_lifetime_points": 0},
        }
    ],
    "loyalty.account.updated": [
        {
            "id": "3ca83966-230e-4a61-8484-22ea749ea765",
            "type": "customer.updated",
            "occurred_at": "2020-05-13T01:41:34Z",
            "version": 1589334094000,
            "customer": {
                "external_id": "QPTXM8PQNX3Q726ZYHPMNP46XC",
                "loyalty_card": "ba2f8ab6-e131-46d9-9882-17714404eb49",
                "phone": "+14155551234",
            },
            "properties": {"square_balance": 10, "square_lifetime_points": 10},
        }
    ],
    "loyalty.account.deleted": [
        {
            "id": "7c365846-a64b-40ba-a406-8a0354a63d79",
            "type": "custom.square_loyalty_account_deleted",
            "occurred_at": "2020-05-13T01:50:45.656000Z",
            "customer": {
                "external_id": "QPTXM8PQNX3Q726ZYHPMNP46XC",
                "loyalty_card": "ba2f8ab6-e131-46d9-9882-17714404eb49",
            },
        }
    ],
    "loyalty.program.created": NOTHING,
    "loyalty.program.updated": NOTHING,
    "loyalty.promotion.created": NOTHING,
    "loyalty.promotion.updated": NOTHING,
    "oauth.authorization.revoked": [
        {
            "id": "e1d6ae37-5aa9-45a5-b525-b12caf819fdb",
            "type": "custom.square_access_revoked",
            "occurred_at": "2020-08-14T15:51:04.246373Z",
        }
    ],
    "order.created": [
        {
            "id": "notice:order:eA3vssLHKJrv9H0IdJCM3gNqfdcZY:1",
            "type": "source.noticed",
            "occurred_at": "2020-04-16T23:14:26.129000Z",
            "store": "FPYCBCHYMXFK1",
            "fetches": [{"kind": "order", "reference": "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"}],
        }
    ],
    "order.updated": [
        {
            "id": "notice:order:eA3vssLHKJrv9H0IdJCM3gNqfdcZY:2",
            "type": "source.noticed",
            "occurred_at": "2020-04-16T23:14:26.359000Z",
            "store": "FPYCBCHYMXFK1",
            "fetches": [{"kind": "order", "reference": "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"}],
        }
    ],
    "order.fulfillment.updated": [
        {
            "id": "notice:order:eA3vssLHKJrv9H0IdJCM3gNqfdcZY:6",
            "type": "source.noticed",
            "occurred_at": "2020-04-16T23:16:30.789000Z",
            "store": "FPYCBCHYMXFK1",
            "fetches": [{"kind": "order", "reference": "eA3vssLHKJrv9H0IdJCM3gNqfdcZY"}],
        }
    ],
    "payment.created": [
        {
            "id": "notice:13b867cf-db3d-4b1c-90b6-2f32a9d78124",
            "type": "source.noticed",
            "occurred_at": "2020-02-06T21:27:30.792000Z",
            "store": "S8GWD5R9QB376",
            "fetches": [{"kind": "order", "reference": "03O3USaPaAaFnI6kkwB1JxGgBsUZY"}],
        }
    ],
    "payout.sent": NOTHING,
    "refund.created": [
        {
            "id": "notice:bc316346-6691-4243-88ed-6d651a0d0c47",
            "type": "source.noticed",
            "occurred_at": "2020-02-06T21:27:41.852000Z",
            "store": "NAQ1FHV6ZJ8YV",
            "fetches": [
                {
                    "kind": "refund",
                    "reference": "KkAkhdMsgzn59SM8A89WgKwekxLZY_ptNBVqHYxt5gAdfcobBe4u1AZsXhoz06KTtuq9Ls24P",
                }
            ],
        }
    ],
    "team_member.created": [
        {
            "id": "91484f7e-63bc-4253-a86d-18e7ea0b0cfb",
            "type": "staff.updated",
            "occurred_at": "2021-03-11T01:16:03.697000Z",
            "version": 1615425363697,
            "staff_details": {
                "code": "TMfCNDbg_wwJvUJY",
                "given_name": "Amelia",
                "family_name": "Earhart",
                "email": "amelia.earhart@example.com",
            },
        }
    ],
    "team_member.updated": [
        {
            "id": "86c18838-51a7-4bdd-a6ff-3ffd2c1c5eb9",
            "type": "staff.updated",
            "occurred_at": "2021-03-11T01:16:03.697000Z",
            "version": 1615425363697,
            "staff_details": {
                "code": "TMfCNDbg_wwJvUJY",
                "given_name": "Amelia",
                "family_name": "Earhart",
                "email": "amelia.earhart@example.com",
            },
        }
    ],
}


def read(body: bytes) -> Any:
    """What a signed webhook gives, as the public API would tell it."""
    source = cases.config("square")
    request = cases.signed("square", body, {}, source)
    cases.connector("square").verify(request, source)
    return msgspec.json.decode(msgspec.json.encode(cases.connector("square").parse(request, source)))


def test_every_example_of_square_is_expected_here() -> None:
    assert sorted(samples("square", "webhooks")) == sorted(EXPECTED)


@pytest.mark.parametrize("topic", sorted(EXPECTED))
def test_an_example_of_square_means_what_we_say(topic: str) -> None:
    assert read(samples("square", "webhooks")[topic]) == EXPECTED[topic]


def test_the_example_payment_once_completed_settles_and_keeps_no_card_digits() -> None:
    body = samples("square", "webhooks")["payment.created"].replace(b'"APPROVED"', b'"COMPLETED"')
    settled, noticed = read(body)
    assert settled["payment"] == {
        "reference": "hYy9pRFVxpDsO1FB05SunFWUe9JZY",
        "amount_minor": 100,
        "currency": "USD",
        "receipt": "03O3USaPaAaFnI6kkwB1JxGgBsUZY",
    }
    assert settled["customer"]["payment_token"].startswith("sq-1-Tvruf3vPQxlv")
    assert noticed["type"] == "source.noticed"
    for digits in ("540988", "9029", "2022", "MASTERCARD"):
        assert digits not in str(settled["customer"]) + str(settled["payment"])


def test_the_example_customer_once_unsubscribed_withdraws_consent() -> None:
    body = samples("square", "webhooks")["customer.updated"]
    changed = body.replace(b'"email_unsubscribed": false', b'"email_unsubscribed": true')
    changed = changed.replace(b'"email_unsubscribed":false', b'"email_unsubscribed":true')
    assert changed != body
    _, consent = read(changed)
    assert consent["type"] == "consent.withdrawn"
    assert consent["consent"] == {"channel": "email", "address": "jenkins+smorly@squareup.com"}
