"""Every setting, documented once. `.env.example` is written from here."""

import os
import re
import shlex
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.address import EXAMPLE, Address, located
from bot.shards import Shards
from recommender.datasets import DATASETS

CONFIGS = ("default", "accurate", "one_cycle")  # those of recommender.recommender, which takes seconds to import
ENV_FILE = ".env"
ENCODING = "utf-8-sig"  # Windows' editors put a mark before the first letter
PREFIX = "MARQUEE_"
WEBHOOK = re.compile(r"https://discord\.com/api/webhooks/\d{17,20}/[\w.-]{60,100}", re.ASCII)
ALIKE = 0.75  # of 1: what the prefix alone makes alike is less


class EnvFileError(ValueError):
    """`.env` is no text; the message says so."""


class Settings(BaseSettings):
    """Read from the environment and from `.env`; a keyword argument wins over both."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding=ENCODING,
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,  # it may be a token
    )

    discord_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("discord_token", "DISCORD_TOKEN"),
        description="The bot's token from Discord's developer portal. Without one, `run` opens the preview.",
    )
    data_dir: Path = Field(
        Path("data"), description="Folder for models, downloaded ratings and the preview's database."
    )
    # These stand before every setting that can be wrong: once one is refused, pydantic makes no default from others.
    database: Annotated[Path | Address, BeforeValidator(located)] = Field(
        default_factory=lambda read: read.get("data_dir", Path("data")) / "marquee.db",
        description="The SQLite file with the members' ratings, by default in the data folder; or a database of PostgreSQL's, as "
        f"{EXAMPLE}.",
    )
    model_dir: Path = Field(
        default_factory=lambda read: read.get("data_dir", Path("data")) / "models",
        description="Folder for the models; by default in the data folder. Processes of one bot may share it, also on several "
        "machines: one of them learns, and the others serve what it publishes there. Films that are fetched are kept there too.",
    )
    backup_dir: Path = Field(
        default_factory=lambda read: read.get("data_dir", Path("data")) / "backups",
        description="Folder for the database's copies, of this bot alone; by default in the data folder. Better is a folder "
        "on another disk, which you make yourself.",
    )
    owner_ids: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(),
        description="Discord ids of the bot's owners, separated by commas. Empty: whoever owns the application.",
    )
    trainer_ids: Annotated[frozenset[int], NoDecode] = Field(
        frozenset(), description="Discord ids of others who may use /admin, separated by commas."
    )
    movielens: str = Field(
        "ml-latest-small",
        description=f"The public ratings to learn from: {', '.join(DATASETS)}. The first is built in and ends in 2016; "
        "ml-latest and ml-32m have newer films and are downloaded on first use.",
    )
    movielens_url: str | None = Field(None, description="A mirror's base address to download those ratings from.")
    # Stands before `films`, which is refused without it.
    imdb_terms: Literal["agreed"] | None = Field(
        None,
        description="For MARQUEE_FILMS=imdb: agreed, if you agree to IMDb's terms. Its data sets are for personal and "
        "non-commercial use only, on your machine, and may not be passed on: "
        "https://developer.imdb.com/non-commercial-datasets/",
    )
    films: Literal["wikidata", "imdb", "off"] = Field(
        "wikidata",
        description="Where films come from that the public ratings don't know, fetched in the background and renewed weekly: "
        "wikidata (free for any use), imdb (more films, with votes; needs MARQUEE_IMDB_TERMS), or off.",
    )
    contact: str | None = Field(
        None,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="An address, of mail or on the web, at which Wikidata can reach who runs this bot. It asks for one, and may "
        "refuse those who give none. It is told to the service that films are fetched from, and to nobody else.",
    )
    tmdb_token: SecretStr | None = Field(
        None,
        validation_alias=AliasChoices("tmdb_token", "TMDB_TOKEN"),
        description="TMDB's API Read Access Token, for posters, trailers and where to watch: make a free account and copy it "
        "from https://www.themoviedb.org/settings/api. Without one, cards are shown without these.",
    )
    config: str = Field("default", description=f"How to fit: {', '.join(CONFIGS)}.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where to fit: auto (a GPU if there is one), cpu, or cuda."
    )
    member_weight: float = Field(
        1.0,
        gt=0,
        description="How much the members together may weigh on one film in the shared model: at most so many times what the "
        "public ratings of it do. A member's own ratings always count whole for that member.",
    )
    retrain_hours: float = Field(
        24.0, gt=0, description="Retrain this many hours after the last time, if anything is new."
    )
    retrain_ratings: int = Field(500, gt=0, description="Retrain earlier once this many ratings are new.")
    retrain_minutes: float = Field(120.0, gt=0, description="Stop a retrain that takes longer than this many minutes.")
    train_command: str | None = Field(
        None,
        description="A command that learns in several processes, in place of the bot's own one: "
        "torchrun --nproc-per-node 2 -m bot.training.worker. Empty: one process.",
    )
    backup_hours: int = Field(
        24, ge=0, description="Copy the members' data this many hours after the last time; 0: no copies by the clock."
    )
    backup_keep: int = Field(7, gt=0, description="How many of these copies are kept; older ones are removed.")
    shards: Annotated[Shards | None, NoDecode] = Field(
        None,
        description="How many shards the bot has in all, such as 64; or which of how many run here, such as 0-31/64, while other "
        "machines run the rest. Empty: as many as Discord advises. See docs/cluster.md.",
    )
    shards_a_process: int = Field(
        16, gt=0, description="How many shards at most each process has that `cluster` starts."
    )
    preview_port: int = Field(
        8765, ge=0, le=65535, description="Port of the preview's page on this machine; 0: any free one."
    )
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port at which Prometheus may ask how the bot is; 0: any free one. Empty: none.",
    )
    metrics_host: str = Field(
        "127.0.0.1", description="Address at which it may. By default only programs on this machine reach it."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="DEBUG, INFO, WARNING or ERROR."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="What the log looks like: text, or json, which is one line of JSON for each event."
    )
    log_file: Path | None = Field(
        None,
        description="A file to which a running bot writes its log besides: of 10 MB, with four older ones beside it. Without it, "
        "the log goes to standard error alone.",
    )
    alert_channel: int | None = Field(
        None,
        gt=0,
        lt=2**63,
        description="The id of a channel in which the bot tells you what needs your hand: learning that keeps failing, no "
        "backup, a disk that is nearly full, damage, a token that is refused. Take a private one in which the bot may write.",
    )
    alert_webhook: SecretStr | None = Field(
        None,
        description="A webhook of Discord's that is told the same, in place of the channel or besides: "
        "https://discord.com/api/webhooks/... from a channel's settings (Integrations). It is as secret as a token.",
    )

    @field_validator("owner_ids", "trainer_ids", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value

    @field_validator("shards", mode="before")
    @classmethod
    def _shards(cls, value: object) -> object:
        return Shards.parsed(value) if isinstance(value, str) else value

    @field_validator("discord_token", "tmdb_token", "alert_webhook", mode="before")
    @classmethod
    def _blank_is_none(cls, value: object) -> object:
        return (value.strip() or None) if isinstance(value, str) else value

    @field_validator("alert_webhook", mode="after")
    @classmethod
    def _webhook(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and WEBHOOK.fullmatch(value.get_secret_value()) is None:
            raise ValueError("it is no webhook of Discord's: copy one like https://discord.com/api/webhooks/123/abc")
        return value

    @field_validator("movielens_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        parts = urlsplit(value or "http://none")
        if parts.scheme not in ("http", "https") or not parts.hostname or any(map(str.isspace, value or "")):
            raise ValueError("it is no address: write one like https://mirror.example/datasets")
        return value

    @field_validator("train_command")
    @classmethod
    def _command(cls, value: str | None) -> str | None:
        if value is not None and not shlex.split(value):  # which says what is wrong with the quotes
            raise ValueError("it is no command")
        return value

    @field_validator("films")
    @classmethod
    def _agreed(cls, value: str, info: ValidationInfo) -> str:
        if value == "imdb" and info.data.get("imdb_terms") is None:
            raise ValueError(
                "IMDb's data sets are for personal and non-commercial use only, on your machine, and may not be passed on "
                "(https://developer.imdb.com/non-commercial-datasets/); if you agree, set MARQUEE_IMDB_TERMS=agreed"
            )
        return value

    @field_validator("movielens", "config")
    @classmethod
    def _known(cls, value: str, info: ValidationInfo) -> str:
        choices = DATASETS if info.field_name == "movielens" else CONFIGS
        if value not in choices:
            raise ValueError(f"{value!r} is unknown: choose one of {', '.join(choices)}")
        return value

    @property
    def process(self) -> str | None:
        """The name of this process among those of its bot; None for one that has all the shards that Discord advises."""
        return None if self.shards is None else self.shards.name

    @property
    def films_dir(self) -> Path:
        """Where films that are fetched are kept: with the models where processes share those, so that whoever learns has them."""
        shared = self.model_dir != self.data_dir / "models"
        return (self.model_dir if shared else self.data_dir) / "films"

    @property
    def database_file(self) -> Path | None:
        """None where the database is on a server."""
        return None if isinstance(self.database, Address) else self.database

    def secrets(self) -> list[str]:
        """The values that nobody may read."""
        of_database = self.database.secrets() if isinstance(self.database, Address) else []
        return [value.get_secret_value() for _, value in self if isinstance(value, SecretStr)] + of_database

    def without_secrets(self, environment: Mapping[str, str]) -> dict[str, str]:
        """What of an environment a program may have that needs neither them nor the database."""
        held = {_variable(name) for name, value in self if isinstance(value, SecretStr | Address)} | {"PGPASSWORD"}
        secrets = set(self.secrets()) | ({self.database.url} if isinstance(self.database, Address) else set())
        return {
            name: value
            for name, value in environment.items()
            if name.upper() not in held and value.strip() not in secrets
        }


def _variable(field: str) -> str:
    """The name of a setting's variable. Both tokens are known by names that other programs use too."""
    return field.upper() if field.endswith("_token") else f"{PREFIX}{field.upper()}"


def misspelled() -> list[str]:
    """A sentence for each variable that looks like a setting and is none, in the environment or in `.env`.

    Raises EnvFileError if `.env` is no UTF-8, OSError if it can't be read.
    """
    known = [_variable(name) for name in Settings.model_fields]
    given = [*os.environ, *written()]
    unknown = {name for name in map(str.upper, given) if name.startswith(PREFIX) and name not in known}
    return [_no_setting(name, get_close_matches(name, known, 1, ALIKE)) for name in sorted(unknown)]


def _no_setting(name: str, meant: list[str]) -> str:
    return f"{name} is no setting" + (f"; did you mean {meant[0]}?" if meant else ". See docs/settings.md.")


def written() -> dict[str, str | None]:
    """What `.env` says, by name; nothing where there is none.

    Raises EnvFileError if it is no UTF-8, OSError if it can't be read.
    """
    if not Path(ENV_FILE).is_file():
        return {}
    try:
        values = dotenv_values(ENV_FILE, encoding=ENCODING)
    except UnicodeDecodeError:
        values = {"\0": None}
    if any("\0" in name for name in values):  # UTF-16 without its mark
        raise EnvFileError(
            f"{ENV_FILE} can't be read: it is not in UTF-8. Save it as UTF-8; Notepad asks for it as the encoding."
        )
    return dict(values)
