"""What the people of a night want to see, and what of that its card may say."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from bot.night.group import ANONYMOUS
from bot.store import Store


@dataclass(frozen=True)
class Wanted:
    """The films on the watchlists of a night's people. `named`: film -> who wants it, of the members who let shared cards name
    them; `unnamed`: films that any of the others wants; `others`: how many these are, whether they want anything or not."""

    named: dict[int, list[int]]
    unnamed: frozenset[int]
    others: int

    @property
    def films(self) -> frozenset[int]:
        return self.unnamed.union(self.named)

    @property
    def can_be_counted(self) -> bool:
        """False where there are so few others that a number would tell what one of them wants."""
        return self.others == 0 or self.others >= ANONYMOUS

    @property
    def by_somebody(self) -> frozenset[int]:
        """Films of which the card may say that somebody wants to see them, and no more."""
        return self.unnamed.difference(self.named) if self.others >= ANONYMOUS else frozenset()


async def read_wanted(store: Store, members: Collection[int]) -> Wanted:
    """What is on the watchlists of these members."""
    lists, shown = await store.watchlists.of_all(members), await store.privacy.of_all(members)
    others = [member for member in members if not shown[member].reasons]
    named = defaultdict[int, list[int]](list)
    for member in members:
        for movie in lists[member] if shown[member].reasons else ():
            named[movie].append(member)
    return Wanted(dict(named), frozenset().union(*(lists[member] for member in others)), len(others))
