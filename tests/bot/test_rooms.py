"""Which rooms do without Discord."""

import subprocess
import sys

import pytest


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


def test_the_bot_is_there_for_whoever_asks_for_it():
    import bot
    from bot.app import Marquee, create_bot

    assert (bot.Marquee, bot.create_bot) == (Marquee, create_bot)
    with pytest.raises(AttributeError, match="has no attribute 'Marque'"):
        bot.Marque  # noqa: B018
