"""Shopify's own schema judges every query we send and every answer our cases make up."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLSchema, parse, print_ast, validate

from regulars.connectors.shopify.documents import API_VERSION, DOCUMENTS
from regulars.vocabulary.connector import Request

from . import cases
from .judges import conforms, shopify_judge


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return shopify_judge()


@pytest.mark.parametrize("operation", sorted(DOCUMENTS))
def test_shopify_accepts_every_document(operation: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(DOCUMENTS[operation])) == []


@pytest.mark.parametrize("operation", sorted(DOCUMENTS))
def test_no_document_asks_for_a_deprecated_field(operation: str, schema: GraphQLSchema) -> None:
    from graphql.validation import NoDeprecatedCustomRule

    assert validate(schema, parse(DOCUMENTS[operation]), [NoDeprecatedCustomRule]) == []


@pytest.mark.parametrize("operation", sorted(DOCUMENTS))
def test_the_judge_refuses_a_document_with_a_wrong_field(operation: str, schema: GraphQLSchema) -> None:
    text = print_ast(parse(DOCUMENTS[operation]))
    assert validate(schema, parse(text.replace("{", "{ price_of_tea", 1)))
    if "$id" in text:
        assert validate(schema, parse(text.replace("$id: ID!", "$id: Int!")))


def exchanges() -> list[Any]:
    """Each call of each fetch with the data of its answer."""
    found = []
    for name in cases.names("shopify"):
        for number, step in enumerate(cases.load("shopify", name).exchange):
            found.append(pytest.param(step, id=f"{name}-{number}"))
    return found


@pytest.mark.parametrize("step", exchanges())
def test_shopify_could_have_given_every_answer_our_cases_make_up(step: Any, schema: GraphQLSchema) -> None:
    told = step["request"]
    data = (step["response"]["body"] or {}).get("data")
    if step["response"]["status"] == 200 and isinstance(data, dict):
        assert conforms(schema, told["operation"], told["variables"], data) == []


def test_the_judge_refuses_a_wrong_answer(schema: GraphQLSchema) -> None:
    [call] = cases.load("shopify", "fetch_customer").exchange
    good = call["response"]["body"]["data"]["customer"]
    variables = call["request"]["variables"]
    assert conforms(schema, "Customer", variables, {"customer": good}) == []
    for wrong in (
        {**good, "updated_at": None},
        {**good, "default_email": {**good["default_email"], "state": "MAYBE"}},
        {**good, "default_address": {**good["default_address"], "country_code": "United Kingdom"}},
        {name: value for name, value in good.items() if name != "locale"},
    ):
        assert conforms(schema, "Customer", variables, {"customer": wrong}), wrong


def test_a_call_carries_document_operation_and_variables() -> None:
    source = cases.config("shopify")
    request = cases.connector("shopify").probe(source)
    assert request.url == f"https://example.myshopify.com/admin/api/{API_VERSION}/graphql.json"
    assert request.headers["x-shopify-access-token"] == "token"
    assert isinstance(request, Request)


@pytest.mark.parametrize("operation", sorted(DOCUMENTS))
def test_a_document_stays_under_the_cost_limit(operation: str) -> None:
    assert cost(parse(DOCUMENTS[operation]).to_dict()) <= 1_000


def cost(document: dict[str, Any]) -> int:
    """The points a document asks for: one an object, two and its page an connection."""
    fragments = {
        node["name"]["value"]: node
        for node in document["definitions"]
        if node["kind"] == "fragment_definition"
    }

    def of(node: dict[str, Any]) -> int:
        total = 0
        for part in (node.get("selection_set") or {}).get("selections", []):
            if part["kind"] == "fragment_spread":
                total += of(fragments[part["name"]["value"]])
            elif part.get("selection_set"):
                pages = [
                    a["value"]["value"] for a in part.get("arguments") or [] if a["name"]["value"] == "first"
                ]
                total += int(pages[0]) * of(part) + 2 if pages else 1 + of(part)
        return total

    operation = next(node for node in document["definitions"] if node["kind"] == "operation_definition")
    return of(operation) + (10 if operation["operation"] == "mutation" else 0)
