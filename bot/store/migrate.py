"""The numbered .sql scripts that make a database's schema."""

from importlib import resources


def shipped_scripts() -> list[str]:
    """The project's migrations, oldest first. The first brings an empty database to version 1."""
    files = resources.files("bot.store.migrations").iterdir()
    scripts = sorted((file for file in files if file.name.endswith(".sql")), key=lambda file: file.name)
    return [script.read_text(encoding="utf-8") for script in scripts]


def changes(version: int) -> list[str]:
    """What a database of this version has yet to get: the first line of each script that it lacks."""
    return [script.partition("\n")[0].removeprefix("-- ") for script in shipped_scripts()[version:]]
