"""What a benchmark ran on."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

SYNCS = 200


def machine(*packages: str) -> str:
    """The processor, the system, and the versions of Python and these packages."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = names[0] if names else platform.processor() or platform.machine()
    versions = ", ".join(f"{package} {version(package)}" for package in packages)
    return f"{os.cpu_count()} cores ({processor}), {platform.system()}, Python {platform.python_version()}, {versions}"


def seconds_of_sync(folder: Path) -> float:
    """What one fsync takes: the median, of as much as a small commit writes."""
    times = []
    with (folder / "sync").open("wb", buffering=0) as file:
        for _ in range(SYNCS):
            file.write(bytes(8192))
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return float(np.median(times))
