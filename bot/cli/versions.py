"""The versions that this program needs, and whether they are there."""

import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def needs() -> tuple[str, list[str]]:
    """The versions of Python, and the packages. Beside a checkout's code stands what is needed now; what was installed from it
    may be older."""
    if PROJECT.exists():
        project = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]
        return project["requires-python"], project["dependencies"]
    return metadata.metadata("marquee")["Requires-Python"], metadata.requires("marquee") or []


def outdated(packages: list[str]) -> Iterator[str]:
    """Those that are missing or too old, with what is needed."""
    for each in map(Requirement, packages):
        if each.marker is not None and not each.marker.evaluate({"extra": ""}):
            continue
        try:
            has = metadata.version(each.name)
        except metadata.PackageNotFoundError:
            yield f"{each.name} (missing)"
            continue
        if has not in each.specifier:
            yield f"{each.name} {has} (needed: {each.specifier})"
