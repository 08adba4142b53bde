"""What a check finds, and what it goes by."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import NamedTuple

from pydantic import ValidationError

from bot.cli import services
from bot.cli.faults import sentence
from bot.cli.services import Heard, NotReachedError
from bot.settings import EnvFileError, Settings


class Mark(Enum):
    """How bad it is, as it is shown, and as it is shown where there are no such letters."""

    GOOD = "✓", "ok"
    WARNING = "!", "!"
    BAD = "✗", "x"


class Finding(NamedTuple):
    """One line: what is so, and what to do about it."""

    mark: Mark
    text: str


def good(text: str) -> Finding:
    return Finding(Mark.GOOD, text)


def warning(text: str) -> Finding:
    """It may be meant so, or will mend itself; or it can't be told."""
    return Finding(Mark.WARNING, text)


def bad(text: str) -> Finding:
    return Finding(Mark.BAD, text)


@dataclass
class Case:
    """What all checks go by: the settings, those that can't be used replaced by their defaults, and sentences about these."""

    settings: Settings
    faults: list[str] = field(default_factory=list)

    @classmethod
    def taken(cls) -> "Case":
        """The settings as they are now."""
        try:
            return cls(Settings())
        except (ValidationError, EnvFileError, OSError, UnicodeError) as error:
            return cls(_usable(), _sentences(error))

    @cached_property
    def discord(self) -> Heard | NotReachedError:
        """What Discord says, asked once for all checks."""
        token = self.token
        try:
            return services.ask_discord(token if token and services.looks_like_discords(token) else None)
        except NotReachedError as error:
            return error

    @property
    def token(self) -> str | None:
        secret = self.settings.discord_token
        return None if secret is None else secret.get_secret_value()


Check = Callable[[Case], Iterator[Finding]]


def _usable() -> Settings:
    """The settings without those that are refused; only the environment's where `.env` can't be read."""
    options: dict[str, object] = {}
    for _ in Settings.model_fields:  # once one is replaced, others may be refused
        try:
            return Settings(**options)  # type: ignore[arg-type]
        except ValidationError as error:
            fields = {name: Settings.model_fields[name] for name in _refused(error)}
            options |= {name: field.default for name, field in fields.items()}
        except (OSError, UnicodeError):
            options["_env_file"] = None
    return Settings(_env_file=None)


def _refused(error: ValidationError) -> set[str]:
    return {str(fault["loc"][0]).lower() for fault in error.errors()}


def _sentences(error: Exception) -> list[str]:
    """None about `.env` as a whole: it has a check of its own."""
    return (sentence(error) or "").splitlines() if isinstance(error, ValidationError) else []
