"""Marquee's Discord front end."""

from typing import TYPE_CHECKING, Any

from bot.settings import Settings

if TYPE_CHECKING:
    from bot.app import Marquee, create_bot

__all__ = ["Marquee", "Settings", "create_bot"]


def __getattr__(name: str) -> Any:
    """Import what needs Discord when it is first asked for (PEP 562): the training process does without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import bot.app

    return getattr(bot.app, name)
