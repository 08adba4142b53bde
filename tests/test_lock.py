"""requirements.lock, which the container's image is made from, is what the project needs, and the versions that are tested."""

import re

from tests.locked import ROOT, TORCH, needed, pins

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


def test_it_pins_what_the_bot_needs_and_nothing_else() -> None:
    here = {name for name, pin in pins("requirements.lock").items() if not pin.marker or pin.marker.evaluate()}
    assert here == needed() - {TORCH}


def test_its_versions_are_those_that_are_tested() -> None:
    tested = pins("constraints.txt")
    assert {name: pin.specifier for name, pin in pins("requirements.lock").items()} == {
        name: tested[name].specifier for name in pins("requirements.lock")
    }


def test_each_has_hashes_and_none_an_address() -> None:
    entries = re.split(r"^(?=[a-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins("requirements.lock"))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in LOCK
