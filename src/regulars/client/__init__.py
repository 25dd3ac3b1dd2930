"""A client of the HTTP API for Python programs: till software, web shops, scripts.

    from regulars.client import Client
    from regulars.client.models import Event

It needs httpx and msgspec and nothing else of this project: the folder may be copied. `models` and `routes` are
written from the OpenAPI document by `make docs`; the rest is by hand. docs/how-to/use-the-python-client.md shows
it at work.
"""

from .client import Client
from .errors import (
    ApiError,
    ClientError,
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    TooLarge,
    TooManyRequests,
    TryLater,
    Unauthenticated,
    UnexpectedAnswer,
    Unprocessable,
    Unreachable,
)
from .listing import Listing, Page
from .retries import Retries
from .sending import EVENTS_PER_CALL_MAX, Rejected, Sent

__all__ = [
    "EVENTS_PER_CALL_MAX",
    "ApiError",
    "Client",
    "ClientError",
    "Conflict",
    "Forbidden",
    "InvalidInput",
    "Listing",
    "NotFound",
    "Page",
    "Rejected",
    "Retries",
    "Sent",
    "TooLarge",
    "TooManyRequests",
    "TryLater",
    "Unauthenticated",
    "UnexpectedAnswer",
    "Unprocessable",
    "Unreachable",
]
