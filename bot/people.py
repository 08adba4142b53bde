"""Who is on a server. It is stored nowhere; Discord is asked."""

import asyncio
from collections.abc import Collection

import discord

from bot.store import Store

# From so many people up a figure of theirs is shown: one of fewer would tell what each of them gave.
FEWEST = 3
# As many as Discord looks up in one request, and the seconds that a card waits for it.
MOST, PATIENCE = 100, 1.0
# Of a club's people so many are looked up: five requests of the 110 or so that Discord takes in a minute.
CLUB = 500


def is_busy(client: discord.AutoShardedClient, guild: discord.Guild) -> bool:
    """Whether Discord would take no question about the server just now: of each shard, it takes 110 a minute."""
    shard = client.get_shard(guild.shard_id)
    return shard is not None and shard.is_ws_ratelimited()


async def of_server(
    client: discord.AutoShardedClient, guild: discord.Guild, members: Collection[int]
) -> list[discord.Member]:
    """Those of the members who are on the server, in their order; nobody where Discord doesn't say."""
    # Whoever asks then would wait for PATIENCE and be told nothing.
    if is_busy(client, guild):
        return []
    asked = list(members)
    parts = [asked[start : start + MOST] for start in range(0, len(asked), MOST)]
    try:
        # Discord tells it of people that it is asked for by their ids, whatever the intents.
        async with asyncio.timeout(PATIENCE):
            queries = (guild.query_members(user_ids=part, limit=MOST, cache=False) for part in parts)
            found = await asyncio.gather(*queries)
    except (TimeoutError, ConnectionError):
        return []
    here = {person.id: person for part in found for person in part}
    return [here[member] for member in asked if member in here]


async def in_club(client: discord.AutoShardedClient, store: Store, guild: discord.Guild) -> list[discord.Member]:
    """Those on the server who let themselves be shown in its club, CLUB at most."""
    return await of_server(client, guild, await store.privacy.in_clubs(guild.id, CLUB))
