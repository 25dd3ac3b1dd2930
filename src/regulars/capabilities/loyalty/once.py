"""Bonuses that are given once, and were given twice: to two people who turn out to be one (M3). Both stay."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from .earning import MARK, usage_of
from .programme import Programme, Version, in_force
from .state import Account, Earning, Member


def earnings_of_twice(
    member: Member, versions: Sequence[Version]
) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """Bonuses that are given once in a period and were given to several records, which were several people then (M3).

    Both stay: the earnings by bonus and period.
    """
    found: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    if len(member.accounts) < 2:
        return found
    for place, earning in member.earnings.items():
        for name in _bonuses_of(earning, versions):
            found[name].add(place)
    return {name: places for name, places in found.items() if len({record for _key, record in places}) > 1}


def _bonuses_of(earning: Earning, versions: Sequence[Version]) -> Iterator[tuple[str, str]]:
    """The bonuses an earning was given that are given once, with the period each was."""
    version = in_force(versions, earning.occurred_at)
    if version is None or not earning.counted:
        return
    once = {one.id for one in version.programme.bonus}
    for posted in earning.posted:
        if posted.rule in once and posted.given > 0:
            yield from usage_of(version.programme, posted.rule, earning.occurred_at, posted.given)


def given_twice(programme: Programme, accounts: Iterable[Account]) -> list[str]:
    """Bonuses that are given once and were given to several of a member's records, which were several people (M3).

    Both stay; a person should have a look.
    """
    once = {one.id for one in programme.bonus if one.period != "always"}
    given: Counter[str] = Counter(
        key for account in accounts for key, points in account.used.items() if points > 0
    )
    return sorted(
        {rule for key, times in given.items() if times > 1 and (rule := key.partition(MARK)[0]) in once}
    )
