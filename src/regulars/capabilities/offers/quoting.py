"""The quote: of all ways to price the basket the one that saves most, with the reasons of all that is left out."""

from __future__ import annotations

from collections import defaultdict

from .basket import Answer, Applied, Basket, Discount, LineAnswer, Reason, Skipped, Usage
from .compiled import Ready, Snapshot
from .items import Table, lay_out
from .nearly import nearly
from .plan import NODES_MAX, Plan, make_plan


def quote(
    snapshot: Snapshot,
    basket: Basket,
    usage: Usage | None = None,
    *,
    nodes: int = NODES_MAX,
) -> Answer:
    """Price a basket with the promotions of a snapshot.

    The same question has the same answer, to the byte, in whatever order lines and promotions come. `nodes` bounds the
    search of each plan; with none it takes the combination that offers itself first. Lines come back sorted by id.
    Raises InvalidInput for an unknown time zone and for two lines of one id.
    """
    table = lay_out(snapshot, basket, usage or Usage())
    plans = [make_plan(table, readies, nodes) for readies in _sides(table)]
    chosen = max(plans, key=lambda plan: (plan.saved, -min((ready.order for ready in plan.times), default=0)))
    gap = max(plan.saved + plan.gap for plan in plans) - chosen.saved
    lines = tuple(_line(table, number, offs) for number, offs in enumerate(chosen.offs))
    base = sum(line.base_minor for line in lines)
    return Answer(
        snapshot=snapshot.digest,
        lines=lines,
        applied=_applied(chosen),
        skipped=_skipped(snapshot, basket, table, plans, chosen),
        nearly=nearly(table, chosen),
        base_minor=base,
        discount_minor=chosen.saved,
        total_minor=base - chosen.saved,
        optimality="bounded" if gap else "optimal",
        gap_minor=gap,
    )


def _sides(table: Table) -> list[list[Ready]]:
    """What may go together, and each exclusive group by itself."""
    together: list[Ready] = []
    alone: defaultdict[str, list[Ready]] = defaultdict(list)
    for ready in table.matched:
        if ready.promotion.mode == "exclusive":
            alone[ready.promotion.group].append(ready)
        else:
            together.append(ready)
    return [together, *(alone[name] for name in sorted(alone))]


def _line(table: Table, number: int, offs: dict[Ready, int]) -> LineAnswer:
    line, base = table.lines[number], table.base[number]
    ordered = sorted((ready for ready, amount in offs.items() if amount), key=lambda ready: ready.order)
    discounts = tuple(Discount(one.promotion.id, one.promotion.version, offs[one]) for one in ordered)
    return LineAnswer(line.line_id, base, discounts, base - sum(offs.values()), line.tax_rate_bp)


def _applied(plan: Plan) -> tuple[Applied, ...]:
    amounts: defaultdict[Ready, int] = defaultdict(int)
    for offs in plan.offs:
        for ready, amount in offs.items():
            amounts[ready] += amount
    out = []
    for ready in sorted(amounts, key=lambda one: one.order):
        one = ready.promotion
        if amounts[ready]:
            out.append(
                Applied(one.id, one.version, one.text, plan.times[ready], amounts[ready], one.priority)
            )
    return tuple(out)


def _skipped(
    snapshot: Snapshot, basket: Basket, table: Table, plans: list[Plan], chosen: Plan
) -> tuple[Skipped, ...]:
    """Every promotion that has products here and did nothing, and every code that did nothing."""
    told = {ready.promotion.id: reason for ready, reason in _reasons(table, plans, chosen).items()}
    out = []
    codes: dict[str, list[str]] = defaultdict(list)
    for code in sorted(set(basket.codes)):
        known = basket.valid_codes.get(code)
        if known is None or known not in snapshot.by_id:
            out.append(Skipped("code_unknown", code=code))
        else:
            codes[known].append(code)
    busy = {ready.promotion.id for ready in chosen.readies if chosen.times[ready]}
    for name in codes:
        if name not in busy:
            told.setdefault(name, "nothing_matches")
    for name in sorted(told, key=lambda one: snapshot.by_id[one].order):
        out += [Skipped(told[name], name, code) for code in codes.get(name, [""])]
    return tuple(out)


def _reasons(table: Table, plans: list[Plan], chosen: Plan) -> dict[Ready, Reason]:
    """Why promotions with products in the basket did nothing."""
    beaten: Reason = "beaten_by_better" if chosen is plans[0] else "excluded_by_group"
    reasons = dict(table.refused)
    for plan in plans:
        others = [] if plan is chosen else plan.readies
        reasons |= {ready: plan.lost.get(ready, beaten) for ready in others}
    return reasons | chosen.lost
