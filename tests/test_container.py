"""The files that an engine or systemd starts the bot by agree with the program and with each other."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from dockerfile_parse import DockerfileParser
from ruamel.yaml import YAML

from bot.stopping import SECONDS
from tests.locked import PROJECT, ROOT, pins

UNIT = ROOT / "deploy" / "marquee.service"
SYSTEMD = shutil.which("systemd-analyze")
EXPOSURE = 2.5  # of 10, where 10 is a program that may do anything
# From systemd 254 on; those before it say that they don't know them, and go on.
NEW = ("RestartSteps", "RestartMaxDelaySec")


def steps() -> list[tuple[str, str]]:
    with (ROOT / "Dockerfile").open("rb") as file:
        return [(step["instruction"], step["value"]) for step in DockerfileParser(fileobj=file).structure]


def told(instruction: str) -> list[str]:
    """What the Dockerfile says by this instruction, in order."""
    return [value for name, value in steps() if name == instruction]


@pytest.fixture
def compose() -> dict:
    return YAML(typ="safe").load(ROOT / "compose.yaml")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a Python that is there."""
    copy = tmp_path / UNIT.name
    copy.write_text(re.sub(r"ExecStart=\S+", f"ExecStart={sys.executable}", UNIT.read_text(encoding="utf-8")))
    return copy


def test_the_image_has_the_torch_that_is_tested() -> None:
    assert (
        str(pins("constraints.txt")["torch"].specifier)
        == "==" + dict(value.split("=") for value in told("ARG"))["TORCH"]
    )


def test_the_image_has_the_python_that_the_tests_run_on() -> None:
    assert told("ARG")[0] == f"PYTHON={PROJECT['project']['requires-python'].removeprefix('>=')}"


def test_an_engine_sees_nothing_but_what_the_image_is_made_from() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {source for value in told("COPY") if "--from" not in value for source in value.split()[:-1]}
    assert let_in == copied


def test_the_image_itself_holds_the_packages_and_the_program_alone() -> None:
    last = [number for number, (name, _) in enumerate(steps()) if name == "FROM"][-1]
    assert [value for name, value in steps()[last:] if name == "COPY"] == [
        "--from=build /venv /venv",
        "--from=build /app /app",
    ]


def test_compose_keeps_everything_in_the_images_volume(compose: dict) -> None:
    [volume] = told("VOLUME")
    service = compose["services"]["bot"]
    assert service["volumes"] == [f"data:{volume}"]
    assert f"MARQUEE_DATA_DIR={volume}" in told("ENV")[-1]
    environment = dict(service["environment"])
    assert environment.pop("MARQUEE_DATABASE").startswith("${POSTGRES_PASSWORD:+")  # else empty: the data folder's
    assert all(Path(place).is_relative_to(volume) for place in environment.values())


def test_a_server_for_the_database_is_there_for_whoever_asks_and_for_the_bot_alone(compose: dict) -> None:
    server, address = compose["services"]["postgres"], compose["services"]["bot"]["environment"]["MARQUEE_DATABASE"]
    assert server["profiles"] == ["postgres"]
    assert "ports" not in server
    assert server["healthcheck"]["test"][1] == "pg_isready"
    user, name = (server["environment"][f"POSTGRES_{of}"] for of in ("USER", "DB"))
    assert address == f"${{POSTGRES_PASSWORD:+postgresql://{user}:${{POSTGRES_PASSWORD}}@postgres/{name}}}"


def test_compose_asks_for_the_bots_health_as_the_image_does(compose: dict) -> None:
    check = compose["services"]["bot"]["healthcheck"]
    command = ", ".join(f'"{word}"' for word in check["test"][1:])
    times = " ".join(f"--{name.replace('_', '-')}={value}" for name, value in check.items() if name != "test")
    assert told("HEALTHCHECK") == [f"{times} CMD [{command}]"]


def test_whoever_stops_the_bot_waits_longer_than_it_takes_to_end(compose: dict) -> None:
    assert int(compose["services"]["bot"]["stop_grace_period"].removesuffix("s")) > SECONDS
    timeout = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), flags=re.MULTILINE)
    assert timeout is not None
    assert int(timeout[1]) > SECONDS


@pytest.mark.skipif(SYSTEMD is None, reason="systemd-analyze isn't installed: NOBODY CHECKED deploy/marquee.service")
class TestUnit:
    def test_systemd_understands_the_unit(self, unit: Path) -> None:
        verified = subprocess.run([SYSTEMD, "verify", unit], capture_output=True, text=True, check=True)
        assert [line for line in verified.stderr.splitlines() if not any(f"'{key}'" in line for key in NEW)] == []

    def test_the_unit_may_do_little(self, unit: Path) -> None:
        threshold = f"--threshold={round(EXPOSURE * 10)}"
        judged = subprocess.run([SYSTEMD, "security", "--offline=yes", threshold, unit], capture_output=True, text=True)
        assert judged.returncode == 0, judged.stdout
