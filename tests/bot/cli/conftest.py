"""What tests of the command line share."""

import pytest

from bot.cli.doctor import CHECKS
from bot.cli.main import main
from tests.bot.test_settings import READ

BAD = "✗"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """A new host's, with nothing in it, and no settings but that no films are fetched."""
    monkeypatch.chdir(tmp_path)
    for name, *_ in READ:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MARQUEE_FILMS", "off")
    return tmp_path


@pytest.fixture
def doctor(folder, monkeypatch, capsys):
    """Runs the program; gives the exit status, and by the name of each check what it found: marks and texts."""

    def doctor():
        monkeypatch.setattr("sys.argv", ["bot", "doctor"])
        status = main()
        printed = capsys.readouterr()
        assert printed.err == ""
        found = {}
        for line in printed.out.splitlines():
            for name in CHECKS:
                if line[3:].startswith(f"{name} "):
                    found.setdefault(name, []).append((line[0], line[3:].removeprefix(name).strip()))
        assert set(found) == set(CHECKS), "each check has its line"
        assert status == any(mark == BAD for lines in found.values() for mark, _ in lines)
        return status, found

    return doctor


@pytest.fixture
def finds(doctor):
    """Runs it; gives the one line of a check."""

    def finds(name):
        [line] = doctor()[1][name]
        return line

    return finds
