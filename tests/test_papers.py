"""The papers agree with the code: commands, settings, floors, links and figures, and the README stays short."""

import re
import tomllib
from pathlib import Path

import pytest
from discord.app_commands import Command

from benchmarks.figures import BLOCK, PAPERS
from benchmarks.quoted import TABLES
from bot import Settings, create_bot
from bot.cli.machine import NEEDS
from bot.cli.main import COMMANDS
from tests.bot.test_settings import READ

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDERS = ("benchmarks", "bot", "docs", "recommender", "scripts", "tests")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in FOLDERS for page in (ROOT / folder).rglob("*.md"))])
MOST_WORDS = 1800
MOST_WORDS_FOR_HOSTS = 500


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    return text.partition(f"{heading}\n")[2].partition("\n#")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the one table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def usage(command: Command) -> str:
    """As the README writes it: /group name required [optional]."""
    options = (option.display_name if option.required else f"[{option.display_name}]" for option in command.parameters)
    return " ".join([f"/{command.qualified_name}", *options])


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


async def test_the_readme_names_every_command_with_its_options_and_no_other() -> None:
    async with create_bot(Settings(_env_file=None)) as bot:
        await bot.add_commands()
        commands = {usage(command) for command in bot.tree.walk_commands() if isinstance(command, Command)}
    told = [command for first, *_ in rows(section(README, "## Commands")) for command in re.findall(r"`(.+?)`", first)]
    assert sorted(told) == sorted(commands)


def test_every_setting_is_named_with_its_default_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, *_ in READ:
        monkeypatch.delenv(variable, raising=False)
    settings = Settings(_env_file=None)
    defaults = {variable: getattr(settings, field) or "" for variable, _, field, _ in READ}
    shown = {name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in defaults.items()}
    named = rows((ROOT / "docs" / "settings.md").read_text(encoding="utf-8"))
    told = [(variable.strip("`"), default.strip("`")) for variable, default, _ in named]
    assert dict(told) == shown


def test_hosts_are_told_what_each_data_set_takes_as_setup_tells_it() -> None:
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    told = rows(section(hosting, "## Memory, disk and time"))
    assert told == [
        [f"`{name}`", str(needs.until), needs.download, f"{needs.gigabytes:g} GB", needs.time]
        for name, needs in NEEDS.items()
    ]


def test_hosts_are_told_of_every_command() -> None:
    hosting = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    told = re.findall(r"`python -m bot (\w+)", section(hosting, "## Every command"))
    assert set(told) == set(COMMANDS)


def test_the_floors_of_the_bot_are_those_that_imports_are_held_to() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    [layers] = [contract["layers"] for contract in contracts if contract.get("containers") == ["bot"]]
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = [
        re.findall(r"`(\w+)`", first) for first, _ in rows(section(architecture, "## The bot's floors, from the top"))
    ]
    assert drawn == [layer.split(" | ") for layer in layers]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if "://" not in link and (not target.exists() or (anchor and anchor not in anchors(target))):
            broken.append(link)
    assert broken == []


def test_every_table_of_figures_has_its_place_and_every_place_its_table() -> None:
    places = [name for paper in PAPERS for _, name, _ in BLOCK.findall(paper.read_text(encoding="utf-8"))]
    assert sorted(places) == sorted(table.__name__ for table in TABLES)


def test_the_readme_is_short() -> None:
    assert len(README.split()) <= MOST_WORDS
    assert len(section(README, "## On your server").split()) <= MOST_WORDS_FOR_HOSTS


def test_before_a_commit_the_same_is_checked_as_by_make_lint() -> None:
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert recipe is not None
    checked = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    hooks = re.findall(r"^ +entry: (.+)$", (ROOT / ".pre-commit-config.yaml").read_text(), flags=re.MULTILINE)
    assert hooks == checked
