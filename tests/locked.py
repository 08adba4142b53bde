"""What requirements.lock pins, and what the project needs as it runs."""

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
TORCH = "torch"  # it comes by its version, from an index of its own


def pins(file: str) -> dict[str, Requirement]:
    """The pinned versions in a file of requirements, by their packages' names."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    written = [Requirement(line.removesuffix("\\").strip()) for line in lines if line[:1].isalnum()]
    return {canonicalize_name(pin.name): pin for pin in written}


def needed() -> set[str]:
    """The packages that the bot needs here as it runs: those that pyproject.toml names, and what each brings."""
    names: set[str] = set()
    waiting = [Requirement(written) for written in PROJECT["project"]["dependencies"]]
    aside = PROJECT["tool"]["uv"]["exclude-dependencies"]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in names or name in aside or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        names.add(name)
        waiting += map(Requirement, metadata.requires(name) or [])
    return names
