"""Discord's shards: which there are, which is a server's, and since when one of them is lost.

https://discord.com/developers/docs/events/gateway#sharding
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

MOST = 16_384  # more than any bot has
MOST_SERVERS = 2_500  # with more, Discord refuses a shard the next time that it connects
NEARLY_FULL = 2_250
_TEXT = re.compile(r"(?:(\d{1,5})(?:-(\d{1,5}))?/)?(\d{1,5})", re.ASCII)


@dataclass(frozen=True)
class Shards:
    """The shards `first` to `last` out of `count`."""

    first: int
    last: int
    count: int

    @classmethod
    def parsed(cls, text: str) -> Self:
        """Of a text like 0-15/64, 3/64, or 64 for all. Raises ValueError with a sentence."""
        match = _TEXT.fullmatch("".join(text.split()))
        if match is None:
            raise ValueError("write how many there are, like 64, or which of how many run here, like 0-15/64")
        first, last, count = match[1] or 0, match[2] or match[1], int(match[3])
        found = cls(int(first), count - 1 if last is None else int(last), count)
        if not 0 <= found.first <= found.last < count <= MOST:
            raise ValueError(f"there are no such shards: of {count}, the first is 0 and the last {count - 1}")
        return found

    def __str__(self) -> str:
        """As `parsed` takes it, with both ends."""
        return f"{self.first}-{self.last}/{self.count}"

    @property
    def name(self) -> str:
        """For their process, as in 0-15."""
        return f"{self.first}-{self.last}"

    @property
    def ids(self) -> range:
        return range(self.first, self.last + 1)

    def parts(self, size: int) -> list[Self]:
        """The same, so many at a time."""
        return [type(self)(first, min(first + size - 1, self.last), self.count) for first in self.ids[::size]]


def shard_of(guild: int, count: int) -> int:
    """The shard of `count` on which Discord tells of a server."""
    return (guild >> 22) % count


def crowded(servers: Counter[int]) -> str:
    """A sentence where the shard with the most servers is nearly full; else an empty one. servers: of each shard."""
    [(shard, most)] = servers.most_common(1) or [(0, 0)]
    if most < NEARLY_FULL:
        return ""
    refused = f"with more than {MOST_SERVERS:,} Discord refuses it the next time that it connects"
    return f"Shard {shard} has {most:,} servers; {refused}."


class Connections:
    """Of a bot's shards, which are connected. Times are UTC seconds since 1970."""

    def __init__(self, now: int) -> None:
        self._looking_since = now
        self._here = set[int]()
        self.waits_until: int | None = None  # before then Discord lets none connect
        self.lost: dict[int, int] = {}  # shard -> since when

    @property
    def away_since(self) -> int | None:
        """When the last one was lost, or the bot began to look for the first; None while one is there, or none may be."""
        if self._here or self.waits_until is not None:
            return None
        return max(self.lost.values(), default=self._looking_since)

    def expect(self, shards: Iterable[int], now: int) -> None:
        """These are looked for. One that never comes is lost since now."""
        self.waits_until, self._looking_since = None, now
        for shard in shards:
            self.lost.setdefault(shard, now)

    def found(self, shard: int) -> None:
        self._here.add(shard)
        self.lost.pop(shard, None)

    def lose(self, shard: int, now: int) -> None:
        """As often as it is told: each try that fails is."""
        self._here.discard(shard)
        self.lost.setdefault(shard, now)

    def lost_since(self, before: int) -> list[int]:
        """Those that were lost before then and are still."""
        return [shard for shard, since in sorted(self.lost.items()) if since < before]
