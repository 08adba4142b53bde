"""The processes of a bot, as each tells of itself in the database and the owner may see."""

import math
from contextlib import suppress
from dataclasses import dataclass

from pydantic import TypeAdapter, ValidationError

from bot import cards
from bot.app import Marquee
from bot.store import Store, Unavailable

SECONDS = 30  # from one telling to the next
LIVES = 120  # seconds; one that has told nothing for so long hangs, or is no more
FORGOTTEN = 7 * 86_400  # seconds
MOST = 12  # fit on a card, with the shards of each


@dataclass(frozen=True)
class Process:
    """How one was at a time. `shards`: the milliseconds to Discord and back of each; None: it is lost."""

    name: str
    seen_at: int  # UTC seconds since 1970
    shards: dict[int, int | None]
    servers: int
    model: str | None  # its version
    damage: str | None = None  # what it came upon in the database, since it started

    @classmethod
    def of(cls, bot: Marquee) -> "Process":
        """This one."""
        lost = dict.fromkeys(bot.connections.lost)
        here = {shard: round(1000 * latency) for shard, latency in bot.latencies if math.isfinite(latency)}
        shards = dict(sorted({**dict.fromkeys(shard for shard, _ in bot.latencies), **here, **lost}.items()))
        model = bot.serving.version if bot.is_serving else None
        return cls(bot.settings.process or "", bot.now(), shards, len(bot.guilds), model, bot.store.damage)

    def line(self, now: int) -> str:
        seen = f"<t:{self.seen_at}:R>"
        if now - self.seen_at > LIVES:
            return f"**Process {self.name}** gone; last seen {seen}"
        model = "no model" if self.model is None else f"model {self.model}"
        return f"**Process {self.name}** {cards.count(self.servers, 'server')} · {model}\n-# Shards {self.latencies()}"

    def latencies(self) -> str:
        told = (f"{shard}: {'away' if ms is None else f'{ms} ms'}" for shard, ms in self.shards.items())
        return ", ".join(told) or "none yet"


async def tell(bot: Marquee) -> None:
    """Let the others know of this process. Raises Unavailable."""
    told = Process.of(bot)
    await bot.store.tell_process(told.name, _PROCESS.dump_json(told).decode())


async def prune(bot: Marquee) -> None:
    """Forget those that have been gone for FORGOTTEN, as after shards were divided anew. Raises Unavailable."""
    for process in await _told(bot.store):
        if bot.now() - process.seen_at > FORGOTTEN:
            await bot.store.forget_process(process.name)


async def damage(bot: Marquee) -> str:
    """A sentence on what this process or another came upon of damage in the database; an empty one if none did."""
    found = bot.store.damage
    if found is None and bot.settings.process is not None:
        with suppress(Unavailable):  # the store has told the log
            told = [process.damage for process in await _told(bot.store) if bot.now() - process.seen_at <= LIVES]
            found = next(filter(None, told), None)
    return f"It says: {found}." if found else ""


async def lines(bot: Marquee) -> list[str]:
    """What the owner sees: nothing where one process has one shard."""
    own, now = Process.of(bot), bot.now()
    if not own.name:
        return [f"**Shards** {own.latencies()}"] if len(own.shards) > 1 else []
    told = {process.name: process for process in await _told(bot.store)} | {own.name: own}
    here = {shard for process in told.values() if now - process.seen_at <= LIVES for shard in process.shards}
    # What is gone is of interest where nobody has taken its shards.
    shown = [
        process for process in told.values() if now - process.seen_at <= LIVES or not process.shards.keys() <= here
    ]
    shown.sort(key=lambda process: min(process.shards, default=0))
    more = [f"and {len(shown) - MOST} more processes"] if len(shown) > MOST else []
    return [process.line(now) for process in shown[:MOST]] + more


async def _told(store: Store) -> list[Process]:
    found = []
    for text in await store.processes():
        try:
            found.append(_PROCESS.validate_json(text))
        except ValidationError:  # of another version of this program
            continue
    return found


_PROCESS = TypeAdapter(Process)
