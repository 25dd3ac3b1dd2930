"""Why an event was rejected, in words a person can act on."""

from __future__ import annotations

from regulars.console.i18n import _

_KIND_WORDS = {"str": "text", "int": "a number", "float": "a number", "null": "nothing", "array": "a list"}


def title_of(code: str, field: str | None, message: str) -> str:
    """What is wrong, in a few words a person can act on."""
    if code == "invalid_event" and field:
        return f"{field} {_problem(message)}"
    first = message.partition(" ")[0]
    return message if "_" in first or "." in first else message[:1].upper() + message[1:]


def _problem(message: str) -> str:
    """The words of the decoder in plain ones."""
    if "missing required field" in message:
        return _("is missing")
    if "matching regex" in message:
        return (
            _("is no currency code of three capital letters, such as GBP")
            if "^[A-Z]{3}$" in message
            else _("does not have the form expected")
        )
    if "got `" in message:
        found = message.split("got `")[1].split("`", maxsplit=1)[0]
        return _("is of the wrong kind (%(kind)s)", kind=_KIND_WORDS.get(found, found))
    if "of length" in message:
        return _("is too long or too short")
    if message.startswith("Expected"):
        return _("is out of range or not in the form expected")
    return message


def fix_for(code: str, field: str | None) -> str:
    """What to do about a cause, in one or two sentences."""
    where = field or _("the message")
    if code in {"invalid_event", "invalid_input"}:
        return _(
            "Put %(field)s right at the source and send the event again. A replay reads the same message: it helps "
            "after a change of the mapping or of the program.",
            field=where,
        )
    return {
        "unknown_type": _("Send one of the known types, or name it custom.<name>. Then replay."),
        "occurred_ahead": _(
            "The clock of the source is ahead. Set it right; these events pass once their time has come."
        ),
        "invalid_json": _("The message is no JSON text. Check what the source sends, and its encoding."),
        "bad_payload": _(
            "The message is not what this connector knows. Check the vendor's API version, then replay."
        ),
        "too_large": _("The message is over the size limit. Split it at the source."),
        "data_fault": _("The database refused a value of this event. Look at the example before replaying."),
        "rule_error": _("A rule failed on this event. Report it with the example; replay after the fix."),
    }.get(code, _("Look at the example, correct the cause at the source or in its settings, then replay."))
