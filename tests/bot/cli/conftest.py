import sys
from types import SimpleNamespace

import pytest

from bot.backups import make_if_due
from bot.cli.main import main
from bot.settings import Settings
from bot.store import Store

NOW, DAY = 1_790_000_000, 86_400  # seconds
MADE = ["marquee-20260922-141320.db", "marquee-20260921-141320.db"]  # newest first


@pytest.fixture
def run(monkeypatch, tmp_path, capsys):
    """Runs `python -m bot` with these words in a new folder. Gives the exit status, and what was printed on each stream."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("DISCORD_TOKEN", raising=False)

    def run(*words):
        monkeypatch.setattr(sys, "argv", ["bot", *words])
        status = main()
        printed = capsys.readouterr()
        return SimpleNamespace(status=status, out=" ".join(printed.out.split()), err=printed.err)

    return run


@pytest.fixture
async def host(run):
    """Somebody whose bot has backed up twice, and been used in between and since."""
    settings = Settings()
    async with Store.open(settings.database) as store:
        for day in range(3):
            await store.rate(1, day, 4.5, at=1)
            if day < 2:
                assert make_if_due(settings, NOW + day * DAY)
    return settings
