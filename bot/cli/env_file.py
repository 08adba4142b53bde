"""Writing `.env`: some settings change, all else in the file stays as it is."""

import os
import re
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream

from bot.settings import ENCODING, ENV_FILE

BROKEN = f"Line {{line}} of {ENV_FILE} can't be understood; a quote may be left open. Mend it, or remove it."


def broken_lines() -> list[int]:
    """The numbers of the lines in `.env` that python-dotenv passes over: a quote may be left open. Raises OSError,
    UnicodeDecodeError."""
    path = Path(ENV_FILE)
    return [each.original.line for each in _bindings(path.read_text(ENCODING) if path.exists() else "") if each.error]


def save(values: Mapping[str, str]) -> None:
    """Let `.env` say these values. It is replaced as a whole, for the owner's eyes alone. Raises OSError where that can't be."""
    path = Path(ENV_FILE).resolve()  # a link stays one
    before = path.read_text(ENCODING) if path.exists() else ""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(changed(before, values))
            file.flush()
            os.fsync(descriptor)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def changed(text: str, values: Mapping[str, str]) -> str:
    """The text of a `.env` in which these names have these values. Lines that say so already stay as they are. None may be
    broken: what is left open would go on into the new ones."""
    known = {name.upper(): value or "" for name, value in dotenv_values(stream=StringIO(text)).items()}
    new = {name: value for name, value in values.items() if known.get(name, "") != value}
    bindings = _bindings(text)
    # Of several lines with a name the last one counts, and names in capitals and small letters are one.
    last = {binding.key.upper(): number for number, binding in enumerate(bindings) if binding.key is not None}
    lines = [
        _line(binding, binding.key, new[binding.key.upper()])
        if binding.key is not None and binding.key.upper() in new and last[binding.key.upper()] == number
        else binding.original.string
        for number, binding in enumerate(bindings)
    ]
    if lines and not lines[-1].endswith("\n"):
        lines.append("\n")
    return "".join([*lines, *(f"{name}={_quoted(value)}\n" for name, value in new.items() if name not in last)])


def _bindings(text: str) -> list[Binding]:
    return list(parse_stream(StringIO(text)))


def _line(binding: Binding, name: str, value: str) -> str:
    """The binding with another value; empty lines above belong to it."""
    old = binding.original.string
    above = old[: len(old) - len(old.lstrip())]
    export = "export " if old.lstrip().startswith("export") and not name.startswith("export") else ""
    return f"{above}{export}{name}={_quoted(value)}\n"


def _quoted(value: str) -> str:
    """As python-dotenv reads it back, and Docker and systemd too: bare where it has only harmless letters, else in single
    quotes, within which a quote and a backslash are special."""
    if re.fullmatch(r"[\w./:@+,-]*", value, re.ASCII):
        return value
    # python-dotenv puts in variables within quotes too; one without a name is its default.
    literal = value.replace("\\", "\\\\").replace("'", "\\'").replace("${", "${:-$}{")
    return f"'{literal}'"
