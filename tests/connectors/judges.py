"""The vendors' own descriptions as judges of calls and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from graphql import (
    GraphQLResolveInfo,
    GraphQLSchema,
    build_client_schema,
    default_type_resolver,
    execute,
    parse,
)
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from werkzeug.datastructures import Headers

from regulars.connectors.shopify.documents import API_VERSION, DOCUMENTS
from regulars.vocabulary.connector import Request, Response

from .vendor_files import packed_json


class Asked:
    """A call in the words of the judge."""

    def __init__(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.method = request.method.lower()
        self.body = request.body or None
        self.content_type = request.headers.get("content-type", "application/json")
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.parameters = RequestParameters(query=query, header=Headers(dict(request.headers)))


class Answered:
    """An answer in the words of the judge."""

    def __init__(self, response: Response) -> None:
        self.data = response.body
        self.status_code = response.status
        self.content_type = "application/json"
        self.headers: Mapping[str, Any] = {}


def square_judge() -> OpenAPI:
    """Square's OpenAPI description."""
    description = packed_json("square", "openapi.subset.json.gz")
    components = description["components"]
    # The judge knows no OAuth: a bearer token is what OAuth comes to in a call.
    schemes = {**components["securitySchemes"], "oauth2": {"type": "http", "scheme": "bearer"}}
    description = {**description, "components": {**components, "securitySchemes": schemes}}
    # The document breaks a formal rule of OpenAPI itself, so only what it says of calls is used.
    return OpenAPI.from_dict(description, config=Config(spec_validator_cls=None))


def shopify_judge() -> GraphQLSchema:
    """Shopify's schema."""
    told = packed_json("shopify", f"admin_graphql_introspection_{API_VERSION}.json.gz")
    # Some of its deprecated arguments are required, which the library's own check does not allow.
    return build_client_schema(told["data"], assume_valid=True)


def conforms(schema: GraphQLSchema, operation: str, variables: Any, data: Any) -> list[str]:
    """What the schema finds wrong with a call's variables and its answer's data."""
    result = execute(
        schema,
        parse(DOCUMENTS[operation]),
        root_value=data,
        variable_values=variables,
        operation_name=operation,
        field_resolver=by_alias,
        # We ask for customers alone where an id could be of anything, and for codes of one kind, not for the type's name.
        type_resolver=lambda value, info, type_: (
            default_type_resolver(value, info, type_)
            or ("Customer" if type_.name == "Node" else "DiscountCodeBasic")
        ),
    )
    assert not hasattr(result, "__await__")
    return [error.message for error in result.errors or []]


def by_alias(source: Any, info: GraphQLResolveInfo[Any], **_arguments: Any) -> Any:
    """Resolve a field from an answer, where it stands under its alias."""
    assert info.path.key in source, f"the answer lacks {info.path.as_list()}"
    return source[info.path.key]
