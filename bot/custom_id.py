"""The ids by which buttons outlive the process: each is written once, as a layout that both makes and reads it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """What may stand at a place of an id: its pattern, and how a value becomes that text and back."""

    pattern: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


# Nothing has an id above SQLite's largest number, so whatever is above it is read as that.
LARGEST = 2**63 - 1
NUMBER = Field(r"\d+", lambda text: min(int(text), LARGEST))


def _options(text: str) -> dict[str, Any]:
    """What a JSON object says; text that is none says nothing."""
    try:
        return dict(json.loads(text))
    except ValueError:
        return {}


# By its name in a layout. Buttons that were sent long ago still come back, so none of these may change.
FIELDS: Mapping[str, Field] = {
    "owner": NUMBER,  # the member who may press; 0: anyone
    "movie": NUMBER,
    "entry": NUMBER,
    "list_id": NUMBER,
    "night": NUMBER,
    "film": NUMBER,
    "row": NUMBER,
    "scale": NUMBER,
    "replace": Field(r"[01]", lambda text: text == "1", lambda value: str(int(value))),
    "action": Field(r"[a-z]+", str),
    "command": Field(r"[a-z ]+", str),
    "options": Field(r"\{.*\}", _options, lambda value: json.dumps(value, separators=(",", ":"))),
    # The page "here" only tells where one is.
    "page": Field(
        r"\d+|here",
        lambda text: None if text == "here" else NUMBER.read(text),
        lambda value: "here" if value is None else str(value),
    ),
    "switch": Field(r"[a-z]+", str),
    "on": Field(r"[01]", lambda text: text == "1", lambda value: str(int(value))),
    "title": Field(r".*", str),
    "stars": Field(
        r"0\.5|[1-4]\.[05]|5\.0|",
        lambda text: float(text) if text else None,
        lambda value: "" if value is None else str(float(value)),
    ),
}


class CustomId:
    """A layout such as "seen:{movie}"."""

    def __init__(self, layout: str) -> None:
        self.text = layout
        self._fields = re.findall(r"\{(\w+)\}", layout)
        self.pattern = re.compile(
            layout.format(**{name: f"(?P<{name}>{FIELDS[name].pattern})" for name in self._fields})
        )

    def of(self, **values: Any) -> str:
        """The id with these values, one for each field."""
        return self.text.format(**{name: FIELDS[name].write(values[name]) for name in self._fields})

    def read(self, custom_id: str) -> dict[str, Any] | None:
        """The values of an id; None for one of another layout."""
        match = self.pattern.fullmatch(custom_id)
        return match and {name: FIELDS[name].read(text) for name, text in match.groupdict().items()}
