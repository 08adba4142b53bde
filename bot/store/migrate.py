"""The numbered .sql scripts that make a database's schema. A number is the version that its script brings."""

from importlib import resources


def shipped_scripts() -> list[str]:
    """The migrations of SQLite, oldest first. The first brings an empty database to version 1."""
    return list(_scripts("bot.store.migrations").values())


def postgres_scripts() -> dict[int, str]:
    """Version -> migration of PostgreSQL, oldest first. The first brings an empty database to version 15. A later one is
    SQLite's, where both say the same."""
    own = _scripts("bot.store.migrations.postgres")
    shared = {number: script for number, script in _scripts("bot.store.migrations").items() if number > min(own)}
    return dict(sorted((shared | own).items()))


def changes(version: int) -> list[str]:
    """What a database of this version has yet to get: the first line of each script that it lacks."""
    return [script.partition("\n")[0].removeprefix("-- ") for script in shipped_scripts()[version:]]


def _scripts(package: str) -> dict[int, str]:
    files = [file for file in resources.files(package).iterdir() if file.name.endswith(".sql")]
    ordered = sorted(files, key=lambda file: file.name)
    return {int(file.name.partition("_")[0]): file.read_text(encoding="utf-8") for file in ordered}
