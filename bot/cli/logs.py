"""What the log looks like, what is kept out of it, and what else goes into it."""

import copy
import json
import logging
import os
import re
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from rich.console import Console
from rich.logging import RichHandler

from bot.redaction import Redactor
from bot.settings import Settings

LAYOUT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
FILE_BYTES, FILES = 10_000_000, 5  # the newest and four older ones
TOLD = "told"  # an attribute of records that are printed besides

# How discord.py begins when it tells that a shard could not be connected, and is tried again.
RECONNECTS = ("Attempting a reconnect", "Failed to connect")

_SURROGATES = re.compile("[\ud800-\udfff]")
# What ends a line, moves the cursor or turns the writing around would make one event look like others.
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

log = logging.getLogger("bot")


class LogFileError(Exception):
    """The log file can't be written; the message says so."""


def set_up(settings: Settings, *, is_bot: bool = False) -> None:
    """Log to standard error. A bot's log is in the form, and also in the file, that the settings name; what people type has its
    answer as text. Nothing is done where something else has set logging up, as tests do. Raises LogFileError."""
    logging.getLogger("discord.shard").addFilter(reconnect_in_a_line)
    # At INFO and DEBUG these log every request and event, with members' ids.
    for noisy in ("discord.gateway", "discord.http", "discord.client", "discord.shard", "discord.webhook", "aiosqlite"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    if logging.getLogger().handlers:
        return
    redact = Redactor(settings.secrets())
    process = settings.process if is_bot else None
    shape = (Json if is_bot and settings.log_format == "json" else Text)(redact, process)
    handlers = [_to_stderr(shape)]
    if is_bot and settings.log_file is not None:
        handlers.append(_to_file(settings.log_file, shape))
    logging.basicConfig(level=settings.log_level, handlers=handlers)
    _catch_the_rest()


def tell(sentence: str, level: int = logging.CRITICAL) -> None:
    """Say something to whoever started the program: on standard error, as one more event where the log is JSON."""
    shapes = [
        handler.formatter for handler in logging.getLogger().handlers if isinstance(handler.formatter, _OneRecord)
    ]
    if shapes:
        log.log(level, "%s", sentence, extra={TOLD: True})
    if not any(isinstance(shape, Json) for shape in shapes):
        print(shapes[0].redact(shapes[0].mark + sentence) if shapes else sentence, file=sys.stderr)


class _OneRecord(logging.Formatter):
    """What is common to the forms of an event."""

    def __init__(self, redact: Redactor, process: str | None = None, layout: str = LAYOUT) -> None:
        """process: its name, if it is one of several."""
        self.mark = "" if process is None else f"[{process}] "  # before each message
        super().__init__(layout.replace("%(message)s", f"{self.mark}%(message)s"))
        self.redact, self.process = redact, process

    def parts(self, record: logging.LogRecord) -> tuple[str, str]:
        """The message and the traceback. Whatever they are made of, this raises nothing: logging would print the event as it
        is."""
        try:
            message = record.getMessage()
        except Exception:
            message = f"{record.msg!r} % {record.args!r}"
        trace = record.exc_text or (self.formatException(record.exc_info) if record.exc_info else "")
        return message, "\n".join(filter(None, (trace, record.stack_info)))


class Text(_OneRecord):
    """A line an event; the lines of a traceback are indented below it."""

    def format(self, record: logging.LogRecord) -> str:
        message, trace = map(self.redact, self.parts(record))
        shown = copy.copy(record)
        shown.message, shown.asctime = _printable(message.rstrip()), self.formatTime(record)
        lines = (f"    {_printable(line)}" for line in trace.split("\n") if trace)
        return "\n".join([self.formatMessage(shown), *lines])


class Json(_OneRecord):
    """A line of JSON an event. Of a library for it there would be left what `json` does: the rest is ours to say."""

    def format(self, record: logging.LogRecord) -> str:
        message, trace = self.parts(record)
        event = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": self.process,
            "logger": record.name,
            "message": message,
            "reference": getattr(record, "reference", None),
            "exception": trace or None,
        }
        given = {field: self.redact(str(value)) for field, value in event.items() if value is not None}
        # Half a character, which a surrogate is, is valid JSON that many readers refuse.
        return json.dumps({field: _SURROGATES.sub("\ufffd", value) for field, value in given.items()})


class LogFile(RotatingFileHandler):
    """The log file, for its owner's eyes. What it can't take is lost there, and told once on standard error."""

    def __init__(self, path: Path) -> None:
        self._is_failing = False
        super().__init__(path, maxBytes=FILE_BYTES, backupCount=FILES - 1, encoding="utf-8", errors="backslashreplace")

    def _open(self) -> TextIOWrapper:
        ends_whole = _ends_whole(Path(self.baseFilename))
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        opened = os.fdopen(descriptor, "a", encoding=self.encoding, errors=self.errors)
        if not ends_whole:
            opened.write("\n")
        return opened

    def emit(self, record: logging.LogRecord) -> None:
        was_failing, self._is_failing = self._is_failing, False
        super().emit(record)  # which calls `handleError` where it fails
        if self._is_failing and not was_failing:
            log.error("the log file can't be written, and has gaps from here on: %s", self._why)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (logging's name)
        """Go on. logging would print each event that is lost, as it is."""
        self._is_failing, self._why = True, sys.exc_info()[1]
        # Opened anew for the next event: a file that could not be closed would fail for ever.
        with suppress(OSError, ValueError):
            if self.stream is not None:
                self.stream.close()
        self.stream = cast(Any, None)


def reconnect_in_a_line(record: logging.LogRecord) -> bool:
    """discord.py logs a traceback whenever it connects anew, and a network that is down is no mistake of anybody's."""
    if record.exc_info and str(record.msg).startswith(RECONNECTS):
        record.msg, record.args = f"{record.getMessage()}: {record.exc_info[1]!r}", ()
        record.exc_info = None
    return True


def _to_stderr(shape: _OneRecord) -> logging.Handler:
    if isinstance(shape, Json):
        handler: logging.Handler = logging.StreamHandler()
    elif sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False)
        shape = Text(shape.redact, shape.process, "%(message)s")
    else:
        handler = logging.StreamHandler()
    if isinstance(shape, Text):
        handler.addFilter(lambda record: not hasattr(record, TOLD))
    handler.setFormatter(shape)
    return handler


def _to_file(path: Path, shape: _OneRecord) -> logging.Handler:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = LogFile(path)
    except OSError as error:
        raise LogFileError(f"The log file {path} can't be written: {error.strerror}. See MARQUEE_LOG_FILE.") from error
    handler.setFormatter(shape)
    return handler


def _ends_whole(path: Path) -> bool:
    """False after a line that broke off, as where the disk was full."""
    with suppress(OSError), path.open("rb") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            return file.read() == b"\n"
    return True


def _catch_the_rest() -> None:
    """What Python would print by itself becomes an event too."""
    logging.captureWarnings(True)

    def uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            log.critical("an error that nobody caught", exc_info=(kind, error, trace))

    def in_thread(told: threading.ExceptHookArgs) -> None:
        if told.exc_value is not None:
            name = told.thread.name if told.thread else "?"
            log.error("an error that nobody caught, in thread %s", name, exc_info=told.exc_value)

    def unraisable(told: Any) -> None:
        log.error("%s: %r", told.err_msg or "an error that nobody could catch", told.object, exc_info=told.exc_value)

    sys.excepthook, threading.excepthook, sys.unraisablehook = uncaught, in_thread, unraisable


def _printable(text: str) -> str:
    """With escapes such as \\n and \\x1b in place of what isn't shown."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
