"""Settings: each is read from its variable, documented, and refused if wrong."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot import Settings, create_bot
from bot.address import Address
from bot.settings import misspelled
from bot.shards import Shards

EXAMPLE = Path(__file__).parents[2] / ".env.example"
WEBHOOK = f"https://discord.com/api/webhooks/123456789012345678/{'a-_1' * 17}"
POSTGRES = "postgresql://me:secret@db.example:5433/club?sslmode=require"
READ = [
    ("DISCORD_TOKEN", "a.b.c", "discord_token", "a.b.c"),
    ("MARQUEE_OWNER_IDS", "1, 18446744073709551615", "owner_ids", {1, 2**64 - 1}),
    ("MARQUEE_TRAINER_IDS", "3 4", "trainer_ids", {3, 4}),
    ("MARQUEE_DATA_DIR", "/srv/films", "data_dir", Path("/srv/films")),
    ("MARQUEE_DATABASE", "/srv/club.db", "database", Path("/srv/club.db")),
    ("MARQUEE_DATABASE", POSTGRES, "database", Address(POSTGRES)),
    ("MARQUEE_MOVIELENS", "ml-25m", "movielens", "ml-25m"),
    ("MARQUEE_MOVIELENS_URL", "https://mirror.example", "movielens_url", "https://mirror.example"),
    ("MARQUEE_FILMS", "off", "films", "off"),
    ("MARQUEE_IMDB_TERMS", "agreed", "imdb_terms", "agreed"),
    ("MARQUEE_CONTACT", "me@example.org", "contact", "me@example.org"),
    ("TMDB_TOKEN", "a.b.c", "tmdb_token", "a.b.c"),
    ("MARQUEE_CONFIG", "accurate", "config", "accurate"),
    ("MARQUEE_DEVICE", "cpu", "device", "cpu"),
    ("MARQUEE_RETRAIN_HOURS", "0.5", "retrain_hours", 0.5),
    ("MARQUEE_RETRAIN_RATINGS", "7", "retrain_ratings", 7),
    ("MARQUEE_MEMBER_WEIGHT", "0.5", "member_weight", 0.5),
    ("MARQUEE_RETRAIN_MINUTES", "9", "retrain_minutes", 9),
    ("MARQUEE_TRAIN_COMMAND", "srun -m fit", "train_command", "srun -m fit"),
    ("MARQUEE_BACKUP_HOURS", "0", "backup_hours", 0),
    ("MARQUEE_BACKUP_KEEP", "1", "backup_keep", 1),
    ("MARQUEE_MODEL_DIR", "/mnt/models", "model_dir", Path("/mnt/models")),
    ("MARQUEE_BACKUP_DIR", "/mnt/disk", "backup_dir", Path("/mnt/disk")),
    ("MARQUEE_SHARDS", "0-31/64", "shards", Shards(0, 31, 64)),
    ("MARQUEE_SHARDS_A_PROCESS", "8", "shards_a_process", 8),
    ("MARQUEE_PREVIEW_PORT", "0", "preview_port", 0),
    ("MARQUEE_METRICS_PORT", "9464", "metrics_port", 9464),
    ("MARQUEE_METRICS_HOST", "10.0.0.5", "metrics_host", "10.0.0.5"),
    ("MARQUEE_LOG_LEVEL", "DEBUG", "log_level", "DEBUG"),
    ("MARQUEE_LOG_FORMAT", "json", "log_format", "json"),
    ("MARQUEE_LOG_FILE", "/var/log/marquee.log", "log_file", Path("/var/log/marquee.log")),
    ("MARQUEE_ALERT_CHANNEL", "1234", "alert_channel", 1234),
    ("MARQUEE_ALERT_WEBHOOK", WEBHOOK, "alert_webhook", WEBHOOK),
]
WRONG = [
    ("MARQUEE_OWNER_IDS", "me"),
    ("MARQUEE_TRAINER_IDS", "1,x"),
    ("MARQUEE_DATABASE", "postgresql://me:secret@db.example"),
    ("MARQUEE_DATABASE", "postgresql://me:se/cret@db.example/club"),
    ("MARQUEE_MOVIELENS", "netflix"),
    ("MARQUEE_MOVIELENS_URL", "mirror.example"),
    ("MARQUEE_MOVIELENS_URL", "http://"),
    ("MARQUEE_MOVIELENS_URL", "http://[::1"),
    ("MARQUEE_MOVIELENS_URL", "http://a b"),
    ("MARQUEE_FILMS", "netflix"),
    ("MARQUEE_FILMS", "imdb"),
    ("MARQUEE_IMDB_TERMS", "yes"),
    ("MARQUEE_CONTACT", "me) \r\nX: 1"),
    ("MARQUEE_CONFIG", "best"),
    ("MARQUEE_RETRAIN_HOURS", "0"),
    ("MARQUEE_RETRAIN_HOURS", "nan"),
    ("MARQUEE_RETRAIN_RATINGS", "0"),
    ("MARQUEE_RETRAIN_RATINGS", "1.5"),
    ("MARQUEE_MEMBER_WEIGHT", "0"),
    ("MARQUEE_RETRAIN_MINUTES", "-1"),
    ("MARQUEE_TRAIN_COMMAND", " "),
    ("MARQUEE_TRAIN_COMMAND", "torchrun '-m"),
    ("MARQUEE_BACKUP_HOURS", "-1"),
    ("MARQUEE_BACKUP_HOURS", "0.5"),
    ("MARQUEE_BACKUP_KEEP", "0"),
    ("MARQUEE_SHARDS", "0"),
    ("MARQUEE_SHARDS", "1,2/4"),
    ("MARQUEE_SHARDS", "0-64/64"),
    ("MARQUEE_SHARDS_A_PROCESS", "0"),
    ("MARQUEE_PREVIEW_PORT", "65536"),
    ("MARQUEE_METRICS_PORT", "-1"),
    ("MARQUEE_LOG_LEVEL", "LOUD"),
    ("MARQUEE_LOG_FORMAT", "xml"),
    ("MARQUEE_ALERT_CHANNEL", "movies"),
    ("MARQUEE_ALERT_CHANNEL", "-1"),
    ("MARQUEE_ALERT_WEBHOOK", "https://discord.com/api/webhooks/123456789012345678"),
    ("MARQUEE_ALERT_WEBHOOK", WEBHOOK.replace("https", "http")),
    ("MARQUEE_ALERT_WEBHOOK", WEBHOOK.replace("discord.com", "discord.com.example.org")),
    ("MARQUEE_ALERT_WEBHOOK", f"{WEBHOOK}/../../users"),
]


@pytest.fixture(autouse=True)
def _bare(monkeypatch, tmp_path):
    """Neither the environment of whoever runs the tests nor their .env counts."""
    for name, *_ in READ:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def plain(value):
    return value.get_secret_value() if hasattr(value, "get_secret_value") else value


@pytest.mark.parametrize(("variable", "text", "field", "value"), READ)
def test_a_setting_is_read_from_its_variable(monkeypatch, variable, text, field, value):
    default = plain(getattr(Settings(), field))
    monkeypatch.setenv(variable, text)
    assert plain(getattr(Settings(), field)) == value != default


def test_the_database_its_backups_the_models_and_films_are_in_the_data_folder_unless_they_are_set(monkeypatch):
    assert Settings().database == Path("data/marquee.db")
    assert Settings().backup_dir == Path("data/backups")
    assert Settings().model_dir == Path("data/models")
    assert Settings().films_dir == Path("data/films")
    monkeypatch.setenv("MARQUEE_DATA_DIR", "/srv/films")
    assert Settings().database == Path("/srv/films/marquee.db")
    assert Settings().backup_dir == Path("/srv/films/backups")
    assert Settings().model_dir == Path("/srv/films/models")
    assert Settings().films_dir == Path("/srv/films/films")
    monkeypatch.setenv("MARQUEE_DATABASE", "/srv/club.db")
    assert Settings().database == Path("/srv/club.db")
    monkeypatch.setenv("MARQUEE_MODEL_DIR", "/mnt/models")
    assert Settings().films_dir == Path("/mnt/models/films")


def test_every_setting_is_read_from_a_variable():
    assert {field for _, _, field, _ in READ} == set(Settings.model_fields)


@pytest.mark.parametrize(("variable", "text"), WRONG)
def test_a_wrong_value_is_refused_by_name(monkeypatch, variable, text):
    monkeypatch.setenv(variable, text)
    with pytest.raises(ValidationError, match=variable.removeprefix("MARQUEE_").lower()):
        Settings()


def test_imdb_is_taken_once_its_terms_are_agreed_to_and_until_then_they_are_told(monkeypatch):
    monkeypatch.setenv("MARQUEE_FILMS", "imdb")
    with pytest.raises(ValidationError, match=r"personal and non-commercial use.*MARQUEE_IMDB_TERMS=agreed"):
        Settings()
    monkeypatch.setenv("MARQUEE_IMDB_TERMS", "agreed")
    assert Settings().films == "imdb"


def test_an_empty_variable_counts_as_none(monkeypatch):
    for name, *_ in READ:
        monkeypatch.setenv(name, "")
    assert Settings() == Settings(_env_file=None)


def test_the_environment_wins_over_the_file_and_a_keyword_over_both(monkeypatch):
    Path(".env").write_text("MARQUEE_DEVICE=cuda\nMARQUEE_CONFIG=accurate\nMARQUEE_PREVIEW_PORT=1\n")
    monkeypatch.setenv("MARQUEE_CONFIG", "default")
    monkeypatch.setenv("MARQUEE_PREVIEW_PORT", "2")
    read = Settings(preview_port=3)
    assert (read.device, read.config, read.preview_port) == ("cuda", "default", 3)


def test_the_example_names_each_setting_with_its_default_and_nothing_else():
    named = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE.read_text(), flags=re.MULTILINE))
    assert set(named) == {variable for variable, *_ in READ}
    Path(".env").write_text("\n".join(f"{name}={value}" for name, value in named.items()))
    assert Settings() == Settings(_env_file=None)


def test_the_example_describes_each_setting_as_the_code_does():
    prose = " ".join(line.removeprefix("# ") for line in EXAMPLE.read_text().splitlines())
    assert [field for field, info in Settings.model_fields.items() if info.description not in prose] == []


@pytest.mark.parametrize(
    ("token", "value"), [("discord_token", "secret"), ("tmdb_token", "secret"), ("alert_webhook", WEBHOOK)]
)
def test_a_token_is_not_shown(token, value):
    assert value not in repr(Settings(**{token: value}))


def test_a_webhook_that_is_refused_is_not_shown_either(monkeypatch):
    monkeypatch.setenv("MARQUEE_ALERT_WEBHOOK", f"{WEBHOOK}?secret")
    with pytest.raises(ValidationError) as refused:
        Settings()
    assert "secret" not in f"{refused.value} {refused.value!r}"


async def test_the_owners_are_the_bots_owners():
    assert create_bot(Settings(owner_ids="5, 6")).owner_ids == {5, 6}


def test_a_misspelled_setting_is_named_with_the_one_that_was_meant(monkeypatch):
    monkeypatch.setenv("MARQUEE_RETRAIN_HUORS", "3")
    Path(".env").write_text("marquee_discord_token=x\nMARQUEE_ZZZ=1\nOTHER=1\n")
    assert misspelled() == [
        "MARQUEE_DISCORD_TOKEN is no setting; did you mean DISCORD_TOKEN?",
        "MARQUEE_RETRAIN_HUORS is no setting; did you mean MARQUEE_RETRAIN_HOURS?",
        "MARQUEE_ZZZ is no setting. See docs/settings.md.",
    ]


def test_no_setting_counts_as_misspelled(monkeypatch):
    for variable, text, *_ in READ:
        monkeypatch.setenv(variable, text)
    Path(".env").write_text("\n".join(f"{variable}={text}" for variable, text, *_ in READ))
    assert misspelled() == []


def test_the_mark_that_windows_editors_write_is_passed_over():
    Path(".env").write_text("MARQUEE_CONFIG=accurate\n", encoding="utf-8-sig")
    assert Settings().config == "accurate"
