"""The address that adds the bot to a server."""

import discord

PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True, create_events=True
)


def invite_link(application: int) -> str:
    """For an application's id, with no more rights than the bot uses."""
    return discord.utils.oauth_url(application, permissions=PERMISSIONS, scopes=("bot", "applications.commands"))
