"""One way to price the basket: items spent on offers, then what comes on top, then what the basket as a whole gets.

Exclusive groups come alone, so each is a plan of its own beside the plan of all that may go together.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from msgspec import Struct

from .amounts import share_of, spread
from .basket import Reason
from .compiled import MAIN, Ready
from .items import Table
from .model import AmountOff, Bundle, Cheapest, NForM, Threshold, TierPrices
from .pool import Pool
from .tops import Piece, Tops

NODES_MAX = 2_500
"""How many nodes the search of one plan may visit; a count and not a time, so that every machine answers alike."""

_COUNTING = NForM, Cheapest, Bundle, TierPrices


class Plan(Struct, eq=False):
    """Discounts by line (its place in the table), how often each promotion was given, and why others were not.

    `gap`: no other way within this plan saves more than so much beyond `saved`.
    """

    readies: list[Ready]
    offs: list[dict[Ready, int]]
    times: Counter[Ready]
    lost: dict[Ready, Reason]
    saved: int
    gap: int


class _Priced:
    """The lines while they are priced: what units of each cost, and what the basket as a whole took off them."""

    def __init__(self, table: Table, pieces: list[Piece]) -> None:
        self.table = table
        self.offs: list[defaultdict[Ready, int]] = [defaultdict(int) for _ in table.lines]
        self.units: list[list[tuple[int, int, int]]] = [[] for _ in table.lines]
        self.taken = [0] * len(table.lines)
        self._rooms: dict[int, list[int]] = {}
        rows: defaultdict[int, list[Piece]] = defaultdict(list)
        for piece in pieces:
            rows[piece.place].append(piece)
        for place, mine in rows.items():
            self._onto_lines(place, mine)

    def _onto_lines(self, place: int, pieces: list[Piece]) -> None:
        """Lay pieces on the lines of their item, one after another."""
        todo = [(piece, piece.count) for piece in reversed(pieces)]
        for line, wanted in self.table.items[place].lines:
            while wanted:
                piece, count = todo.pop()
                used = min(count, wanted)
                wanted -= used
                if count > used:
                    todo.append((piece, count - used))
                self.units[line].append((used, piece.net, piece.floor))
                for ready, amount in piece.offs:
                    self.offs[line][ready] += amount * used

    def net(self, line: int) -> int:
        """What the line costs now."""
        return sum(count * net for count, net, _ in self.units[line]) - self.taken[line]

    def rooms(self, least: int) -> list[int]:
        """How much may still come off each line when no unit may cost less than `least`."""
        known = self._rooms.get(least)
        if known is None:
            known = self._rooms[least] = [
                max(0, sum([count * max(0, net - max(floor, least)) for count, net, floor in units]) - taken)
                for units, taken in zip(self.units, self.taken, strict=True)
            ]
        return known

    def lines_of(self, ready: Ready, slot: int) -> list[int]:
        """The lines that match a slot of a promotion."""
        places = self.table.matched[ready].get(slot, ())
        return sorted({line for place in places for line, _ in self.table.items[place].lines})

    def take(self, ready: Ready, shares: list[tuple[int, int]]) -> None:
        """Take amounts off lines."""
        self._rooms.clear()
        for line, amount in shares:
            if amount:
                self.offs[line][ready] += amount
                self.taken[line] += amount


def make_plan(table: Table, readies: list[Ready], nodes: int) -> Plan:
    """Price the basket with these promotions, in the order of the phases."""
    tops = Tops(table, readies)
    pooled = Pool(table, readies, tops).solve(nodes)
    pieces, held = tops.put_on(pooled.pieces)
    priced = _Priced(table, pieces)
    lost: dict[Ready, Reason] = {}
    times = pooled.times
    for piece in pieces:
        for ready, _ in piece.offs:
            if ready.promotion.mode == "stack":
                times[ready] += piece.count
    for group in _groups(readies):
        _give(group, priced, times, lost)
    for ready in readies:
        if not ready.whole and not times[ready]:
            lost[ready] = _why_not(ready, table, pooled.able)
    saved = sum(sum(offs.values()) for offs in priced.offs)
    return Plan(readies, [dict(offs) for offs in priced.offs], times, lost, saved, pooled.gap + held)


def _why_not(ready: Ready, table: Table, able: set[Ready]) -> Reason:
    if ready in able:
        budget = table.budgets.get(ready)
        return "budget_spent" if budget is not None and _dear(ready, table, budget) else "beaten_by_better"
    return (
        "too_few_items"
        if ready.slots[0][0] != MAIN or hasattr(ready.promotion.effect, "buy")
        else "nothing_matches"
    )


def _dear(ready: Ready, table: Table, budget: int) -> bool:
    """Whether even one item would be more than what is left of the budget."""
    places = {place for slot in table.matched[ready].values() for place in slot}
    return budget < min(table.items[place].price for place in places)


def _groups(readies: list[Ready]) -> list[list[Ready]]:
    """Promotions on the whole basket by group; the group of the highest priority first."""
    groups: defaultdict[str, list[Ready]] = defaultdict(list)
    for ready in readies:
        if ready.whole:
            groups[ready.promotion.group].append(ready)
    return sorted(groups.values(), key=lambda group: group[0].order)


def _give(group: list[Ready], priced: _Priced, times: Counter[Ready], lost: dict[Ready, Reason]) -> None:
    """Give all of a stacking group one after another, of another group the one that takes off most."""
    if group[0].promotion.mode == "stack":
        for ready in group:
            shares, reason = _whole_off(ready, priced)
            _note(ready, shares, reason, priced, times, lost)
        return
    tried = [(ready, *_whole_off(ready, priced)) for ready in group]
    best = max(tried, key=lambda one: (sum(amount for _, amount in one[1]), -one[0].order))
    for ready, shares, reason in tried:
        _note(ready, shares if ready is best[0] else [], reason or "beaten_by_better", priced, times, lost)


def _note(
    ready: Ready,
    shares: list[tuple[int, int]],
    reason: Reason | None,
    priced: _Priced,
    times: Counter[Ready],
    lost: dict[Ready, Reason],
) -> None:
    if any(amount for _, amount in shares):
        priced.take(ready, shares)
        times[ready] = 1
    else:
        lost[ready] = reason or "nothing_matches"


def _whole_off(ready: Ready, priced: _Priced) -> tuple[list[tuple[int, int]], Reason | None]:
    """What a promotion on the basket takes off which line, or why nothing."""
    effect, lines = ready.promotion.effect, priced.lines_of(ready, MAIN)
    if isinstance(effect, Threshold) and spent_on(priced.table, lines) < effect.spend_minor:
        return [], "below_threshold"
    least = ready.promotion.floor_minor
    wanted = 0
    if isinstance(effect, Threshold) and effect.free is not None:
        line, wanted = _dearest(priced, priced.lines_of(ready, 1))
        lines = [line] if wanted else []
    elif isinstance(effect, Threshold | AmountOff) and effect.off_minor is not None:
        wanted = effect.off_minor
    elif isinstance(effect, Threshold) and effect.off_bp is not None:
        wanted = share_of(sum(priced.net(line) for line in lines), effect.off_bp)
    free = priced.rooms(least)
    rooms = [free[line] for line in lines]
    wanted = min(wanted, sum(rooms), priced.table.budgets.get(ready, wanted))
    if wanted <= 0:
        return [], "nothing_matches"
    return list(zip(lines, spread(wanted, rooms), strict=True)), None


def spent_on(table: Table, lines: list[int]) -> int:
    """What lines cost at list prices: thresholds count that, so a discount never takes a reward away."""
    return sum(table.base[line] for line in lines)


def _dearest(priced: _Priced, lines: list[int]) -> tuple[int, int]:
    """The line that has the dearest whole unit, and what that unit costs now; (-1, 0) when there is none."""
    best = (-1, 0)
    for line in lines:
        weighed = priced.table.lines[line].quantity_micro % 1_000_000
        most = 0 if weighed else min(max(net for _, net, _ in priced.units[line]), priced.net(line))
        if most > best[1]:
            best = line, most
    return best
