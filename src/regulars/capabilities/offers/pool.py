"""The promotions that items are spent on: an item counts for one of them, and all together save the most."""

from __future__ import annotations

from collections import Counter, defaultdict

from msgspec import Struct

from .amounts import floor_of
from .atoms import Atom, Units, by_item, offs_of, sets_of, single_off
from .bounds import Choice
from .compiled import MAIN, Ready
from .items import Table
from .model import Cheapest, NForM
from .search import Cap, pack
from .tops import Piece, Tops

_MANY = 10**12


class Pooled(Struct, eq=False):
    """What became of the items. `gap`: no combination saves more than so much beyond this one.

    `able` are promotions that could have taken something off; `times` says on how many items or sets each was given.
    """

    pieces: list[Piece]
    times: Counter[Ready]
    able: set[Ready]
    gap: int


class Pool:
    """One search: the atoms of its promotions beside the best that each item gets alone."""

    def __init__(self, table: Table, readies: list[Ready], tops: Tops) -> None:
        self._table, self._tops = table, tops
        self._readies = [ready for ready in readies if not ready.whole and ready.promotion.mode != "stack"]
        size = len(table.items)
        self._alone: list[tuple[int, int, Ready | None]] = [(0, 0, None)] * size
        self._able: set[Ready] = set()
        self._unlisted: dict[Ready, dict[int, tuple[int, int]]] = {}
        worth = sum(item.price * item.count for item in table.items)
        self._bounded = {ready for ready in self._readies if self._is_bounded(ready, worth)}

    def _is_bounded(self, ready: Ready, worth: int) -> bool:
        """Whether a bound of the promotion may bite in this basket."""
        budget = self._table.budgets.get(ready)
        return ready.promotion.limits.basket is not None or (budget is not None and budget < worth)

    def solve(self, nodes: int) -> Pooled:
        """The best combination within so many nodes; with none it is the first that offers itself."""
        atoms = self._singles()
        for ready in self._readies:
            sets = sets_of(ready, self._table, self._gain)
            atoms += sets.atoms
            if sets.ceiling:
                self._unlisted[ready] = sets.ceiling
            if sets.able:
                self._able.add(ready)
        parts = self._components(self._undominated(atoms))
        taken: list[tuple[Atom, int]] = []
        gap = 0
        for number, part in enumerate(parts):
            picked, short, used = self._part(part, nodes // (len(parts) - number))
            taken += picked
            gap += short
            nodes -= used
        gap += self._untouched({place for part in parts for atom in part for place in atom.units})
        return self._pooled(taken, gap)

    # -- atoms ------------------------------------------------------------------------------------

    def _singles(self) -> list[Atom]:
        """The best that each item gets alone; what is bounded becomes atoms instead."""
        out: list[Atom] = []
        later: list[tuple[Ready, int, int]] = []
        for ready in self._readies:
            if not by_item(ready):
                continue
            for place in self._table.matched[ready].get(MAIN, ()):
                off = single_off(ready, self._table.items[place], self._table.tier)
                if not off:
                    continue
                self._able.add(ready)
                if ready in self._bounded:
                    later.append((ready, place, off))
                    continue
                gain = self._cheaper(ready, (place,), off)
                if gain > self._alone[place][0]:
                    self._alone[place] = gain, off, ready
        for ready, place, off in later:
            gain = self._gain(ready, (place,), off)
            if gain > 0:
                out.append(Atom(ready, (place,), off, gain))
        return out

    def _gain(self, ready: Ready, units: Units, off: int) -> int:
        alone = self._alone
        beside = sum([alone[place][0] for place in units])
        if beside >= off:
            return 0
        return (self._cheaper(ready, units, off) if self._tops.any else off) - beside

    def _cheaper(self, ready: Ready, units: Units, off: int) -> int:
        """How much less the units cost in the end, after what comes on top."""
        tops, items = self._tops, self._table.items
        if not any(tops.of[place] for place in units):
            return off
        saved = 0
        for place, one in zip(units, offs_of(Atom(ready, units, off, 0), self._table), strict=True):
            item = items[place]
            if one:
                floor = floor_of(ready.promotion, item)
                saved += tops.end(item, item.price, 0) - tops.end(item, item.price - one, floor)
        return saved

    def _undominated(self, atoms: list[Atom]) -> list[Atom]:
        """Of unbounded atoms on the same units only the best one; then by priority and id."""
        best: dict[Units, Atom] = {}
        for atom in atoms:
            if atom.ready in self._bounded:
                continue
            known = best.get(atom.units)
            if known is None or (-atom.gain, atom.ready.order) < (-known.gain, known.ready.order):
                best[atom.units] = atom
        kept = [
            atom
            for atom in atoms
            if best.get(atom.units) is atom
            or (atom.ready in self._bounded and (atom.units not in best or best[atom.units].gain < atom.gain))
        ]
        return sorted(kept, key=lambda atom: (atom.ready.order, -len(atom.units), atom.units))

    # -- search -----------------------------------------------------------------------------------

    def _components(self, atoms: list[Atom]) -> list[list[Atom]]:
        """Atoms that share items or bounds, together; the smallest first."""
        leader: dict[object, object] = {}

        def find(one: object) -> object:
            while leader.setdefault(one, one) is not one:
                leader[one] = one = leader[leader[one]]
            return one

        for atom in atoms:
            root = find(atom.units[0])
            for place in atom.units[1:]:
                leader[find(place)] = root
            # Sets that were not made may join any items of their promotion.
            if atom.ready in self._bounded or atom.ready in self._unlisted:
                leader[find(atom.ready)] = root
        parts: defaultdict[object, list[Atom]] = defaultdict(list)
        for atom in atoms:
            parts[find(atom.units[0])].append(atom)
        return sorted(parts.values(), key=lambda part: (len(part), part[0].ready.order, part[0].units))

    def _part(self, atoms: list[Atom], nodes: int) -> tuple[list[tuple[Atom, int]], int, int]:
        items = self._table.items
        places = sorted({place for atom in atoms for place in atom.units})
        lone = self._lone(atoms, set(places))
        if lone is not None:
            return lone, 0, 0
        local = {place: number for number, place in enumerate(places)}
        bounded = sorted({atom.ready for atom in atoms} & self._bounded, key=lambda ready: ready.order)
        caps = [self._cap(ready) for ready in bounded]
        choices = [
            Choice(
                atom.gain,
                tuple((local[place], units) for place, units in Counter(atom.units).items()),
                bounded.index(atom.ready) if atom.ready in self._bounded else -1,
                atom.off if atom.ready in self._bounded else 0,
            )
            for atom in atoms
        ]
        counts = [items[place].count for place in places]
        here = {local[place]: value for place, value in self._ceiling().items() if place in local}
        found = pack(counts, choices, caps, nodes=nodes, ceilings=here)
        return [(atoms[place], times) for place, times in found.taken], found.bound - found.gain, found.nodes

    def _cap(self, ready: Ready) -> Cap:
        basket = ready.promotion.limits.basket
        return Cap(_MANY if basket is None else basket, self._table.budgets.get(ready, _MANY))

    def _ceiling(self) -> dict[int, tuple[int, int]]:
        """(greatest gain, size) of a set that was not listed, by the item it has in it."""
        out: dict[int, tuple[int, int]] = {}
        for ceiling in self._unlisted.values():
            for place, (gain, size) in ceiling.items():
                known = out.get(place)
                if known is None or gain * known[1] > known[0] * size:
                    out[place] = gain, size
        return out

    def _untouched(self, places: set[int]) -> int:
        """What sets that were not listed may gain on items that no listed one is about."""
        items = self._table.items
        return sum(
            -(-items[place].count * gain // size)
            for place, (gain, size) in self._ceiling().items()
            if place not in places
        )

    def _lone(self, atoms: list[Atom], places: set[int]) -> list[tuple[Atom, int]] | None:
        """The answer for one promotion that nothing competes with, when its sets are too many to list.

        Neighbours in price belong together then: the dearest set first, as long as one saves anything.
        """
        ready, items = atoms[0].ready, self._table.items
        effect = ready.promotion.effect
        if any(atom.ready is not ready for atom in atoms) or ready not in self._unlisted:
            return None
        if any(places & ceiling.keys() for other, ceiling in self._unlisted.items() if other is not ready):
            return None
        plain = isinstance(effect, NForM | Cheapest) and not ready.promotion.floor_minor
        mine = [place for place in self._table.matched[ready].get(MAIN, ()) if not items[place].micro]
        if not plain or ready in self._bounded or any(self._alone[place][0] for place in mine):
            return None
        if any(self._tops.of[place] for place in mine):
            return None
        size = effect.buy if isinstance(effect, NForM) else effect.of if isinstance(effect, Cheapest) else 0
        units = [place for place in mine for _ in range(items[place].count)]
        rows = Counter(tuple(units[at : at + size]) for at in range(0, len(units) - size + 1, size))
        known = {atom.units: atom for atom in atoms}
        return [(known[row], times) for row, times in rows.items() if row in known]

    # -- outcome ----------------------------------------------------------------------------------

    def _pooled(self, taken: list[tuple[Atom, int]], gap: int) -> Pooled:
        items = self._table.items
        left = [item.count for item in items]
        times: Counter[Ready] = Counter()
        got: Counter[tuple[int, int, Ready]] = Counter()
        orders: dict[tuple[int, int, Ready], int] = {}
        for atom, count in taken:
            times[atom.ready] += count * (len(atom.units) if by_item(atom.ready) else 1)
            for place, off in zip(atom.units, offs_of(atom, self._table), strict=True):
                got[place, off, atom.ready] += count
                orders[place, off, atom.ready] = atom.ready.order
                left[place] -= count
        for place, count in enumerate(left):
            _, off, ready = self._alone[place]
            if count and ready is not None:
                times[ready] += count
                got[place, off, ready] += count
                orders[place, off, ready] = ready.order
                left[place] = 0
        pieces = []
        for key in sorted(got, key=lambda one: (one[0], -one[1], orders[one])):
            place, off, ready = key
            floor = floor_of(ready.promotion, items[place])
            whole = Piece(place, got[key], (), items[place].price, 0)
            pieces.append(whole.less(ready, off, floor, got[key]))
        pieces += [
            Piece(place, count, (), items[place].price, 0) for place, count in enumerate(left) if count
        ]
        return Pooled(pieces, times, self._able, gap)
