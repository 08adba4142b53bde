"""What a benchmark ran on."""

import os
import platform
from importlib.metadata import version
from pathlib import Path


def machine(*packages: str) -> str:
    """The processor, the system, and the versions of Python and these packages."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return f"{os.cpu_count()} cores ({processor}), {platform.system()}, Python {platform.python_version()}, {versions}"
