"""What went wrong, in a sentence for whoever hosts the bot."""

import json
from pathlib import Path

import aiohttp
import discord
from pydantic import ValidationError

from bot.cli.logs import LogFileError
from bot.lock import AlreadyRunningError
from bot.metrics import PortError
from bot.settings import ENV_FILE, EnvFileError
from bot.store import StoreError
from recommender.datasets import DatasetError

UNKNOWN = "Marquee ended because of an error that it doesn't know; the log above has the rest. ({name}: {error})"


def sentence(error: Exception) -> str | None:
    """What to tell of an error; None where only its traceback can say it."""
    match error:
        case ValidationError():
            return "\n".join(f"The setting {each['loc'][0]} can't be used: {each['msg']}" for each in error.errors())
        case AlreadyRunningError() | StoreError() | DatasetError() | EnvFileError() | LogFileError() | PortError():
            return str(error)
        case discord.LoginFailure():
            return "Discord refuses the token. Copy it again from the developer portal (Bot, Reset Token) into .env."
        case discord.GatewayNotFound(__cause__=discord.HTTPException() as cause):
            return sentence(cause)
        case discord.HTTPException(status=status) if status >= 500:
            return f"Discord has trouble of its own (it answered {status}). Start again in some minutes."
        case discord.HTTPException():
            return f"Discord refuses what is needed to start (it answered {error.status}: {error.text or 'no reason'})."
        case discord.ConnectionClosed(code=4011):
            return (
                "Discord wants this bot on more shards. Stop it, all of a cluster, and start it again: it opens as many as "
                "Discord advises. If MARQUEE_SHARDS says how many, raise that first."
            )
        case discord.ConnectionClosed():
            return f"Discord closed the connection for good (code {error.code}). Start again; if it stays, get a new token."
        case json.JSONDecodeError():
            return f"Discord sent something that is no JSON, so the connection can't go on. Start again. ({error})"
        case aiohttp.ClientError() | TimeoutError():
            return f"Discord can't be reached. Check the connection and start again. ({error or type(error).__name__})"
        case OSError(filename=None):
            return f"The system refuses: {error.strerror or error}."
        case OSError(filename=file) if Path(str(file)).name.startswith(ENV_FILE):
            return f"{file} can't be used: {error.strerror}. See whose it is, and whether you may read and write it: ls -l {file}"
        case OSError():
            return f"The folder or file {error.filename} can't be used: {error.strerror}. See MARQUEE_DATA_DIR."
    return None
