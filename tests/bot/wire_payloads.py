"""What Discord says about one application, one server and its channel, as far as discord.py wants to know."""

from collections.abc import Iterable
from typing import Any

import discord
from discord import ComponentType

APPLICATION, GUILD = 100_000_000_000_000_001, 100_000_000_000_000_002
CHANNEL, OTHER_CHANNEL = 100_000_000_000_000_003, 100_000_000_000_000_004
ALICE = 101  # owns the server and the application
SESSION = "the session of shard "

_ALL = str(discord.Permissions.all().value)
_LONG_AGO = "2026-01-01T00:00:00+00:00"


def _user(user: int, name: str, bot: bool = False) -> dict[str, Any]:
    return {"id": str(user), "username": name, "discriminator": "0", "avatar": None, "global_name": None, "bot": bot}


BOT = _user(APPLICATION, "Marquee", bot=True)


def _member(user: int) -> dict[str, Any]:
    return {
        "user": _user(user, "alice" if user == ALICE else f"member {user}"),
        "roles": [],
        "joined_at": _LONG_AGO,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "permissions": _ALL,
    }


ABOUT = {
    "id": str(APPLICATION),
    "name": "Marquee",
    "icon": None,
    "description": "",
    "summary": "",
    "flags": 0,
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "team": None,
    "owner": _user(ALICE, "alice"),
}


def channel(number: int) -> dict[str, Any]:
    """A text channel of the server's, which everyone sees."""
    return {
        "id": str(number),
        "guild_id": str(GUILD),
        "type": 0,
        "name": "movies",
        "position": 0,
        "permission_overwrites": [],
    }


_EVERYONE = {
    "id": str(GUILD),
    "name": "@everyone",
    "permissions": _ALL,
    "position": 0,
    "color": 0,
    "colors": {"primary_color": 0},
    "hoist": False,
    "managed": False,
    "mentionable": False,
    "flags": 0,
}

_LISTS = ("members", "threads", "emojis", "stickers", "voice_states", "presences", "stage_instances", "features")
_LEVELS = (
    "verification_level",
    "default_message_notifications",
    "explicit_content_filter",
    "mfa_level",
    "premium_tier",
)

SERVER = {
    **dict.fromkeys(_LISTS, ()),
    **dict.fromkeys(_LEVELS, 0),
    "id": str(GUILD),
    "name": "Film club",
    "owner_id": str(ALICE),
    "member_count": 2,
    "roles": [_EVERYONE],
    "channels": [channel(CHANNEL), channel(OTHER_CHANNEL)],
    "guild_scheduled_events": [],
    "preferred_locale": "en-US",
    "afk_timeout": 300,
    "system_channel_flags": 0,
    "nsfw_level": 0,
    "premium_progress_bar_enabled": False,
}


def server(number: int) -> dict[str, Any]:
    """Another server, told by its number, with a channel of its own."""
    guild = GUILD + (number << 22)  # of two such numbers in a row, the shards are too
    own = {**channel(guild + 1), "guild_id": str(guild)}
    return {**SERVER, "id": str(guild), "roles": [{**_EVERYONE, "id": str(guild)}], "channels": [own]}


def people(asked: dict[str, Any]) -> dict[str, Any]:
    """The gateway's answer to who of these is on a server: all of them."""
    members = [_member(int(user)) for user in asked["user_ids"]]
    return {
        "guild_id": asked["guild_id"],
        "members": members,
        "chunk_index": 0,
        "chunk_count": 1,
        "nonce": asked["nonce"],
    }


def ready(
    gateway: str, servers: Iterable[dict[str, Any]] = (SERVER,), shard: tuple[int, int] = (0, 1)
) -> dict[str, Any]:
    """What the gateway tells a bot that has identified itself. shard: its number, and of how many."""
    return {
        "v": 10,
        "user": BOT,
        "guilds": [{"id": server["id"], "unavailable": True} for server in servers],
        "shard": shard,
        "session_id": f"{SESSION}{shard[0]}",
        "resume_gateway_url": gateway,
        "application": {"id": str(APPLICATION), "flags": 0},
    }


def shard(session: str) -> int:
    """Whose session it is."""
    return int(session.removeprefix(SESSION))


def interaction(
    number: int, kind: int, data: dict[str, Any], member: int = ALICE, place: int = CHANNEL, guild: int = GUILD
) -> dict[str, Any]:
    """Something that a member did in a channel."""
    return {
        "id": str(number),
        "application_id": str(APPLICATION),
        "type": kind,
        "version": 1,
        "token": f"token-{number}",
        "guild_id": str(guild),
        "channel_id": str(place),
        "channel": {**channel(place), "guild_id": str(guild), "permissions": _ALL},
        "member": _member(member),
        "locale": "en-US",
        "guild_locale": "en-US",
        "entitlements": [],
        "app_permissions": _ALL,
        "authorizing_integration_owners": {"0": str(guild)},
        "context": 0,
        "attachment_size_limit": 10_485_760,
        "data": data,
    }


def emoji(number: int, name: str) -> dict[str, Any]:
    """An emoji of the application's."""
    return {
        "id": str(number),
        "name": name,
        "roles": [],
        "require_colons": True,
        "managed": False,
        "animated": False,
        "available": True,
    }


def event(number: int, data: dict[str, Any]) -> dict[str, Any]:
    """A scheduled event, from what the bot asked for."""
    return {
        "id": str(number),
        "guild_id": str(GUILD),
        "creator_id": str(APPLICATION),
        "status": 1,
        "image": None,
        **data,
    }


def message(number: int, place: int = CHANNEL, **data: Any) -> dict[str, Any]:
    """A message of the bot's; what is in it may be told."""
    return {
        "id": str(number),
        "channel_id": str(place),
        "author": BOT,
        "type": 20,
        "content": "",
        "timestamp": _LONG_AGO,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        **data,
    }


def card(number: int, custom_id: str) -> dict[str, Any]:
    """A message of the bot's with one button."""
    button = {"type": ComponentType.button.value, "style": 2, "label": "?", "custom_id": custom_id}
    return {**message(number), "components": [{"type": ComponentType.action_row.value, "components": [button]}]}
