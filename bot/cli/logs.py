"""What the log looks like, and what is kept out of it."""

import logging
import sys

from rich.console import Console
from rich.logging import RichHandler


def set_up(level: str) -> None:
    """Log from this level up to standard error: in colours for who looks on, in plain lines for a file."""
    handler: logging.Handler = logging.StreamHandler()
    if sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False)
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("discord.client").addFilter(reconnect_in_a_line)
    # At INFO and DEBUG these log every request and event, with members' ids and interaction tokens.
    for noisy in ("discord.gateway", "discord.http", "discord.client", "discord.webhook", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def reconnect_in_a_line(record: logging.LogRecord) -> bool:
    """discord.py logs a traceback whenever it connects anew, and a network that is down is no mistake of anybody's."""
    if record.exc_info and str(record.msg).startswith("Attempting a reconnect"):
        record.msg, record.args = f"{record.getMessage()}: {record.exc_info[1]!r}", ()
        record.exc_info = None
    return True
