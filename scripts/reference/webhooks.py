"""The page of webhooks: every message with the fields of its data."""

from __future__ import annotations

from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from regulars.vocabulary.webhooks import ANSWER_BYTES_MAX, MESSAGES, TEST
from scripts.reference.events import describe
from scripts.reference.markdown import cell, code, first_line, rest, table

HEAD = f"""# Messages of webhooks

What an endpoint is told, as it happens; see [Receive webhooks](../how-to/receive-webhooks.md). The body of each message
is JSON:

```json
{{"type": "sale.recorded", "timestamp": "2026-11-22T10:15:02.118+00:00", "data": {{"profile_id": "…", "amount_minor": 899}}}}
```

`timestamp` is when it became true here. Headers, as [Standard Webhooks](https://www.standardwebhooks.com) has them:

| Header | Holds |
| --- | --- |
| `webhook-id` | The message's id, the same over all attempts. |
| `webhook-timestamp` | When this attempt was made, in seconds since 1970. |
| `webhook-signature` | `v1,` and a signature in base64; two of them, with a blank between, while a secret is being replaced. |

Ids are those of the API. No message holds a name, a contact or what was bought. Fields may be added; ignore those you
do not know. A test message has the type `{TEST}` and empty `data`. Of an answer its status counts, and its first
{ANSWER_BYTES_MAX} bytes are kept for whoever looks at the delivery.
"""


def page() -> str:
    """Every type of message."""
    return HEAD + "".join(_section(name, struct) for name, struct in MESSAGES.items())


def _section(name: str, struct: type[msgspec.Struct]) -> str:
    hints = get_type_hints(struct, include_extras=True)
    rows = [(code(field.name), *_said(hints[field.name])) for field in msgspec.structs.fields(struct)]
    text = " ".join(filter(None, [first_line(struct.__doc__), rest(struct.__doc__)]))
    return f"\n## {name}\n\n{text}\n\n" + table(("Field", "Value", "Meaning"), rows)


def _said(hint: Any) -> tuple[str, str]:
    """The type of a field and what it holds."""
    meaning = ""
    if get_origin(hint) is Annotated:
        meaning = " ".join(meta.description for meta in hint.__metadata__ if meta.description)
        hint = get_args(hint)[0]
    kind = describe(hint) + (" or null" if NoneType in get_args(hint) else "")
    return cell(kind), cell(meaning)
