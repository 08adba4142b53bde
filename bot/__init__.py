"""Marquee's Discord front end."""

from bot.app import Marquee, create_bot
from bot.settings import Settings

__all__ = ["Marquee", "Settings", "create_bot"]
