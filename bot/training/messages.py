"""What a training process sends to the bot, and how it is written as a line of text."""

import base64
import copy
import json
import logging
from dataclasses import asdict, dataclass
from io import BytesIO

import pandas as pd
from pydantic import TypeAdapter

from bot.training.retrain import Job, Report
from bot.training.run import Progress


@dataclass(frozen=True)
class Failure:
    """Why there is no report, in a sentence. The log has it, with the traceback."""

    sentence: str


@dataclass(frozen=True)
class Arrived:
    """Films that the serving model lacks, with the columns of `Recommender.with_films`."""

    films: pd.DataFrame


Message = Progress | Arrived | logging.LogRecord | Report | Failure
JOB: TypeAdapter[Job] = TypeAdapter(Job)
PLAIN: dict[str, TypeAdapter[Progress | Report | Failure]] = {
    kind.__name__: TypeAdapter(kind) for kind in (Progress, Report, Failure)
}


def whole(record: logging.LogRecord) -> logging.LogRecord:
    """The same record with its text: neither its arguments nor its exception may be fit to be sent."""
    own = copy.copy(record)
    own.msg, own.args, own.exc_info = record.getMessage(), None, None
    if record.exc_info:
        own.exc_text = logging.Formatter().formatException(record.exc_info)
    return own


def encoded_job(job: Job) -> bytes:
    """A line of JSON, which `decoded_job` reads."""
    return JOB.dump_json(job) + b"\n"


def decoded_job(line: bytes) -> Job:
    return JOB.validate_json(line)


def encoded(message: Message) -> bytes:
    """A line of JSON."""
    if isinstance(message, Arrived):
        value: object = base64.b64encode(message.films.to_parquet()).decode()
    elif isinstance(message, logging.LogRecord):
        own = whole(message)
        value = {"name": own.name, "level": own.levelno, "msg": own.msg, "exc_text": own.exc_text}
    else:
        value = asdict(message)
    return json.dumps({"kind": type(message).__name__, "value": value}).encode() + b"\n"


def decoded(line: bytes) -> Message:
    """What `encoded` wrote. Raises ValueError for anything else."""
    try:
        message = json.loads(line)
        kind, value = message["kind"], message["value"]
        if kind == "Arrived":
            return Arrived(pd.read_parquet(BytesIO(base64.b64decode(value, validate=True))))
        if kind == "LogRecord":
            return logging.makeLogRecord(
                {
                    "name": str(value["name"]),
                    "levelno": int(value["level"]),
                    "levelname": logging.getLevelName(int(value["level"])),
                    "msg": str(value["msg"]),
                    "exc_text": value["exc_text"],
                }
            )
        return PLAIN[kind].validate_python(value)
    except (KeyError, TypeError, OSError) as error:
        raise ValueError(f"no message: {error}") from error
