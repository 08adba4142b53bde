"""The bot's way to Discord: on how many shards, which of them are this process's, and when they may identify themselves."""

import logging
from asyncio import sleep as pause
from collections import Counter
from collections.abc import Mapping
from typing import Any

import discord
from discord.ext import commands

from bot import systemd
from bot.address import Address
from bot.cluster import FAULTS, Alone, Cluster
from bot.settings import Settings
from bot.shards import Connections, Shards, crowded, shard_of
from bot.store import StoreError

log = logging.getLogger(__name__)


class Sharded(commands.AutoShardedBot):
    """On as many shards as Discord advises, or the settings say. `cluster`: what it agrees on with other processes."""

    cluster: Alone

    def __init__(self, settings: Settings, **options: Any) -> None:
        super().__init__(**_given(settings.shards), **options)
        database = settings.database
        self.cluster = Cluster(database.url, settings.process or "alone") if isinstance(database, Address) else Alone()
        self.connections = Connections(self.now())
        self._concurrency = 1  # so many shards may identify themselves at once
        self._known: dict[int, list[discord.Guild]] = {}  # a shard's servers, from when it last identified itself

    def now(self) -> int:
        """UTC seconds since 1970. Everything in the bot that needs the time asks here."""
        return int(discord.utils.utcnow().timestamp())

    async def launch_shards(self) -> None:
        """As discord.py does, once it is known how many there are, that no other process has them, and that Discord lets them
        connect, and those of the other processes too, which may just be about to: whoever connects more often than it allows in
        a day loses the token."""
        advised, _, limit = await self.http.get_bot_gateway()
        self.shard_count = self.shard_count or advised
        self._concurrency = limit["max_concurrency"]
        shards = self.shard_ids or range(self.shard_count)
        try:
            await self.cluster.join(shards, self.shard_count)
        except FAULTS as error:
            raise StoreError(
                f"can't learn from the database whether other processes have these shards: {error}"
            ) from error
        while limit["remaining"] < min(self.shard_count, limit["total"]):
            await self._wait(limit["reset_after"] / 1000 + 1)
            _, _, limit = await self.http.get_bot_gateway()
        self.connections.expect(shards, self.now())
        await super().launch_shards()

    async def _wait(self, seconds: float) -> None:
        log.error("Discord lets the bot connect too few times still; it waits %.1f hours for more", seconds / 3600)
        self.connections.waits_until = self.now() + round(seconds)
        systemd.notify(systemd.READY)  # it ends what isn't within minutes
        await pause(seconds)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        shard = shard_id or 0
        self._known[shard] = [guild for guild in self.guilds if guild.shard_id == shard]
        await self.cluster.may_identify(shard % self._concurrency)

    async def on_shard_connect(self, shard: int) -> None:
        """Discord has told anew which servers the bot is on. discord.py doesn't tell of those that are gone."""
        for guild in self._known.pop(shard, ()):
            if self.get_guild(guild.id) is guild:
                self.dispatch("guild_remove", guild)

    async def on_shard_ready(self, shard: int) -> None:
        if told := self.crowded():
            log.warning("%s", told)

    def crowded(self) -> str:
        """A sentence where one of this process's shards is nearly full; else an empty one."""
        return crowded(Counter(guild.shard_id for guild in self.guilds))

    def serves(self, guild: int) -> bool:
        """Whether the server is on one of this process's shards."""
        return self.shard_ids is None or shard_of(guild, self.shard_count or 1) in self.shard_ids


def _given(shards: Shards | None) -> Mapping[str, Any]:
    """discord.py's options; without any, it asks Discord."""
    return {} if shards is None else {"shard_count": shards.count, "shard_ids": list(shards.ids)}
