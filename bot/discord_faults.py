"""What Discord answers in place of what was asked for, or that it doesn't answer."""

import aiohttp
import discord

# discord.py raises its own for an answer with an error, and lets through aiohttp's where a connection breaks.
DISCORD_FAULTS = (discord.HTTPException, aiohttp.ClientError, TimeoutError)

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, THREAD_ARCHIVED = 10003, 10008, 50083  # Discord's error codes
SESSION_CLOSED = "Session is closed"  # aiohttp's words, of a request after the end
RATE_LIMIT, SERVER_ERROR = 429, 500  # HTTP statuses; from SERVER_ERROR on, it is Discord's own trouble


def passes(error: Exception) -> bool:
    """Whether the same request may go well later."""
    if isinstance(error, discord.HTTPException):
        return error.status >= SERVER_ERROR or error.status == RATE_LIMIT
    return isinstance(error, DISCORD_FAULTS)


def foreseen(error: Exception) -> bool:
    """Whether it is no mistake of this program: it passes, something was deleted, a right was withdrawn, or the bot stops."""
    is_stopping = isinstance(error, RuntimeError) and str(error) == SESSION_CLOSED
    return passes(error) or is_stopping or isinstance(error, discord.Forbidden | discord.NotFound)
