"""Which rooms do without Discord."""

import subprocess
import sys

import pytest

from bot.settings import CONFIGS
from recommender import recommender


def test_dates_titles_the_store_and_what_learns_import_no_discord():
    rooms = (
        "refusal",
        "when",
        "zones",
        "titles",
        "imports.reading",
        "store",
        "settings",
        "serving",
        "advice",
        "reasons",
        "training.process",
    )
    script = f"import {', '.join(f'bot.{room}' for room in rooms)}, sys; sys.exit('discord' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_whoever_copies_a_database_fetches_films_or_starts_the_processes_of_a_cluster_needs_no_torch():
    rooms = ("cli.main", "cli.cluster", "cli.films", "cli.restore", "cli.setup", "store", "titles", "imports.reading")
    script = f"import {', '.join(f'bot.{room}' for room in rooms)}, sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_the_settings_know_the_configurations_that_there_are():
    assert list(CONFIGS) == list(recommender.CONFIGS)


def test_the_bot_is_there_for_whoever_asks_for_it():
    import bot
    from bot.app import Marquee, create_bot

    assert (bot.Marquee, bot.create_bot) == (Marquee, create_bot)
    with pytest.raises(AttributeError, match="has no attribute 'Marque'"):
        bot.Marque  # noqa: B018
