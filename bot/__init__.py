"""Marquee's Discord front end."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.app import Marquee, create_bot
    from bot.settings import Settings

__all__ = ["Marquee", "Settings", "create_bot"]


def __getattr__(name: str) -> Any:
    """Import what takes long when it is first asked for (PEP 562): the training process does without Discord, and who only looks
    how the bot is without both."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("bot.settings" if name == "Settings" else "bot.app"), name)
