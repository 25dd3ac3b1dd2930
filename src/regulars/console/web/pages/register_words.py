"""The words of the forms of the registers: fields with labels and hints, titles, what a fault is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from regulars.console.i18n import _
from regulars.console.services.register_forms import FLAG
from regulars.console.services.workspace_settings import zones


class FormField(Struct, frozen=True):
    """One field. `options` are pairs to choose from, `suggested` values to type; `now` is what somebody else saved."""

    name: str
    label: str
    value: str
    hint: str | None = None
    kind: str = "text"
    options: Sequence[tuple[str, str]] = ()
    suggested: Sequence[str] = ()
    fault: str | None = None
    now: str | None = None
    most: int = 500


class FormWords(Struct, frozen=True):
    """What a form is called. `code` labels the field that names an entry."""

    add: str
    edit: str
    note: str
    code: str


def form_words(name: str) -> FormWords:
    """The titles of a register's form."""
    return {
        "stores": FormWords(_("Add a store"), _("Store"), _("As your tills and reports know it."), _("Code")),
        "products": FormWords(
            _("Add a product"),
            _("Product"),
            _("A source that lists products says the same; the latest word holds."),
            _("SKU"),
        ),
        "staff": FormWords(
            _("Add somebody"),
            _("Member of staff"),
            _("Names and e-mails are sealed; owners alone see this page."),
            _("Code"),
        ),
    }[name]


def form_fields(
    name: str, typed: Mapping[str, str], faults: Mapping[str, str], now: Mapping[str, str]
) -> list[FormField]:
    """The fields with what was typed, their faults, and in `now` what else was saved meanwhile."""
    return [
        FormField(
            field.name,
            field.label,
            typed.get(field.name, ""),
            field.hint,
            field.kind,
            field.options,
            field.suggested,
            faults.get(field.name),
            now[field.name] if field.name in now and now[field.name] != typed.get(field.name, "") else None,
            field.most,
        )
        for field in _fields()[name]
    ]


def _fields() -> dict[str, list[FormField]]:
    def plain(name: str, label: str, hint: str | None = None, **more: object) -> FormField:
        return FormField(name, label, "", hint, **more)  # type: ignore[arg-type]

    currency = plain("currency", _("Currency"), _("Three letters, such as GBP."), most=3)
    taxes = (
        ("", _("Not said")),
        ("inclusive", _("Prices include tax")),
        ("exclusive", _("Tax comes on top")),
    )
    return {
        "stores": [
            plain("name", _("Name"), _("Shown wherever the store is named.")),
            plain(
                "time_zone", _("Time zone"), _("IANA name, such as Europe/London. It gives receipts their business day."),
                suggested=zones(),
            ),
            plain("region", _("Region"), _("Yours to name, such as South East.")),
            plain("country", _("Country"), _("Two letters, such as GB.")),
            currency,
            plain("tax_mode", _("Tax"), kind="select", options=taxes),
        ],
        "products": [
            plain("name", _("Name")),
            plain("category", _("Category")),
            plain("brand", _("Brand")),
            plain("barcode", _("Barcode"), most=200),
            plain("price_minor", _("Price"), _("With a point, such as 8.99."), most=20),
            currency,
            plain(FLAG, _("On sale"), kind="check"),
        ],
        "staff": [
            plain("given_name", _("Given name")),
            plain("family_name", _("Family name")),
            plain("email", _("E-mail"), kind="email"),
            plain(FLAG, _("Works here"), _("Untick it when somebody leaves. Their sales stay with their code."), kind="check"),
        ],
    }  # fmt: skip
