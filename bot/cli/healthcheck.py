"""`healthcheck`: whether the bot of this data folder is well. It imports next to nothing: Docker asks twice a minute."""

import os
import sys
import time
from pathlib import Path

from bot.heartbeat import NoHeartbeatError, told_of_all

SETTING = "MARQUEE_DATA_DIR"


def main() -> int:
    """Print a sentence. Returns the exit status: 0 if the bot is well, else 1."""
    try:
        is_well, sentence = told_of_all(data_folder(), int(time.time()))
    except NoHeartbeatError as error:
        is_well, sentence = False, str(error)
    print(sentence, file=sys.stdout if is_well else sys.stderr)
    return 0 if is_well else 1


def data_folder() -> Path:
    """That of `Settings`, which would take seconds to import, and refuse where another setting is wrong."""
    return Path(_set(os.environ) or _in_file() or "data")


def _set(variables: "os._Environ[str] | dict[str, str | None]") -> str | None:
    return next((value for name, value in variables.items() if name.upper() == SETTING and value), None)


def _in_file() -> str | None:
    if not Path(".env").is_file():
        return None
    from dotenv import dotenv_values

    try:
        return _set(dict(dotenv_values(".env", encoding="utf-8-sig")))
    except (OSError, UnicodeDecodeError):
        return None
