"""Whoever passes the bot on, as an image for example, passes on what it needs: each package's licence allows that.

Looked at is what the packages say of themselves. What wheels carry of others is not: GCC's runtime libraries, for example, whose
licence excepts programs that merely use them.
"""

import re
from importlib import metadata

import pytest
from packaging.utils import NormalizedName

from tests.locked import needed

# By their SPDX names. None asks for more than that its text is passed on.
ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "MIT",
    "MIT-CMU",
    "PSF-2.0",
    "Zlib",
}
# What is written where no SPDX name is.
WRITTEN = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
}
EXCEPTIONS = {
    "orjson": ("MPL-2.0", "asks for the source of changed files only, and none is changed"),
    "noto-cjk-sans-jp-regular": ("OFL-1.1", "a font; it may be passed on with programs, and isn't sold by itself"),
}


def licences(package: str) -> set[str]:
    """The names in what a package says of its licence, as an expression, by classifiers, or in a word or two."""
    told = metadata.metadata(package)
    if (expression := told["License-Expression"]) is not None:
        return set(re.split(r"\s+(?:AND|OR)\s+", re.sub(r"[()]", "", expression)))
    classifiers = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier", []) if line.startswith("License")]
    return {WRITTEN.get(written, written) for written in classifiers or [told["License"] or "none"]}


@pytest.mark.parametrize("package", sorted(needed()))
def test_its_licence_is_one_of_those_that_are_allowed(package: NormalizedName) -> None:
    excepted, _ = EXCEPTIONS.get(package, ("", ""))
    assert licences(package) - {excepted} <= ALLOWED


@pytest.mark.parametrize("package", sorted(EXCEPTIONS))
def test_an_exception_is_still_needed(package: str) -> None:
    assert package in needed()
    assert EXCEPTIONS[package][0] in licences(package)
