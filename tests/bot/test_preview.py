"""The preview, by the requests that its page makes."""

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from operator import attrgetter

import aiohttp
import pytest
from simcord.preview import _markdown

from bot.preview import club, open_preview
from bot.preview.live import PRIVATE
from bot.settings import Settings
from tests.bot import tiny_movielens
from tests.bot.patience import PATIENCE
from tests.bot.retrains import held
from tests.bot.simulated import read
from tests.processes import session

pytestmark = pytest.mark.usefixtures("nothing_is_late")

# `python -m bot`, with as long for its end as a busy machine takes. Its worker, which runs this file too, tells that it learns
# and never ends.
LAUNCHER = """
import sys
import threading
from bot import stopping
from bot.cli.main import main
from recommender import Recommender

stopping.SECONDS = 600

def fit(*args, **options):
    print("learning", flush=True)
    threading.Event().wait()

Recommender.fit = fit
if __name__ == "__main__":
    sys.exit(main())
"""


class Visitor:
    """A member in a page of their own."""

    def __init__(self, http, state):
        self._http, self._first, self._sequence = http, state, count(1)
        self._headers = {"X-Simcord-Context": state["context"]["id"]}

    @classmethod
    async def enter(cls, http, member=club.YOU):
        async with http.post("/api/pages", json={"viewer_id": str(member.id)}) as response:
            return cls(http, await response.json())

    async def state(self):
        async with self._http.get("/api/state", headers=self._headers) as response:
            return await response.json()

    async def messages(self):
        """The text of each message, oldest first, as far as the member sees it."""
        state = await self.state()
        return [json.dumps(state["messages"][message], ensure_ascii=False) for message in state["timeline"]]

    async def sees(self, text, times=1):
        """Waits until that many messages have the text."""
        async with asyncio.timeout(PATIENCE):
            while True:
                if sum(text in message for message in await self.messages()) == times:
                    return
                await asyncio.sleep(0.05)

    async def types(self, command, **options):
        """Sends a slash command and returns the answer's text."""
        async with self._http.get("/api/commands", headers=self._headers) as response:
            entries = (await response.json())["entries"]
        entry = next(entry for entry in entries if entry["invocation"] == command)
        return await self._answer(
            kind="run_command",
            command_id=entry["commandId"],
            path=entry["path"],
            schema_fingerprint=entry["schemaFingerprint"],
            options=options,
        )

    async def presses(self, label):
        """Presses the first button with this label in the newest message that has one."""
        state = await self.state()
        for message in reversed(state["timeline"]):
            for button in _parts(state["messages"][message]):
                if button.get("label") == label:
                    return await self._answer(kind="click", target_id=message, control_key=button["control_key"])
        raise LookupError(label)

    async def _answer(self, **action):
        envelope = {
            "protocol_version": 3,
            "sequence": next(self._sequence),
            "request_id": os.urandom(8).hex(),
            "generation": self._first["context"]["generation"],
            "bot_generation": self._first["botGeneration"],
            "published_revision": self._first["publishedRevision"],  # an old one, as of a page that lags behind
        }
        async with self._http.post("/api/action", json=envelope | action, headers=self._headers) as response:
            receipt = await response.json()
        assert receipt["settlement"] == "settled", receipt["diagnostics"]
        state = await self.state()
        return json.dumps(state["messages"][receipt["outcomes"][0]["messageId"]], ensure_ascii=False)


def _parts(value):
    """The dictionaries in a message, however deep."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _parts(part)


@asynccontextmanager
async def at(page):
    """Requests to the page, with the secret of its address."""
    base, capability = page.url.split("#")
    async with aiohttp.ClientSession(base, headers={"X-Simcord-Capability": capability}) as http:
        yield http


@asynccontextmanager
async def visited(settings, *members):
    """The preview, ready, and a visitor for each member (You alone if none is named)."""
    async with open_preview(settings) as page, at(page) as http:
        visitors = [await Visitor.enter(http, member) for member in members or [club.YOU]]
        await visitors[0].sees("Welcome to the film club")
        await visitors[0].sees("still getting to know the films", times=0)
        yield visitors


@pytest.fixture
def new_settings(tmp_path):
    """Those of a preview that was never started."""
    return Settings(_env_file=None, data_dir=tmp_path, preview_port=0)


@pytest.fixture
def settings(new_settings, model_folder, serving):
    """Those of a preview that has a model, but no database."""
    shutil.copytree(model_folder, new_settings.data_dir / "preview" / "models", copy_function=os.link)
    return new_settings


@pytest.fixture
def tiny_settings(new_settings, tmp_path_factory):
    """Those of a preview that learns from a tiny set, in which no film is known."""
    with tiny_movielens.mirror(tmp_path_factory.mktemp("mirror")) as url:
        yield new_settings.model_copy(update={"movielens": tiny_movielens.NAME, "movielens_url": url, "device": "cpu"})


async def test_the_page_is_up_before_the_first_model(new_settings, may_learn):
    async with open_preview(new_settings) as page, at(page) as http:
        you = await Visitor.enter(http)
        assert "Welcome to the film club" in (await you.messages())[0]
        assert "still getting to know the films" in await you.types("recommend")


async def test_the_preview_fetches_no_films_whatever_is_set(new_settings, may_learn):
    async with open_preview(new_settings.model_copy(update={"films": "wikidata"})) as page:
        assert page.env.bot.settings.films == "off"


async def test_the_club_has_films_to_recommend_from_at_the_first_try(settings):
    async with visited(settings, *club.CLUB) as visitors:
        lists = [await visitor.types("recommend") for visitor in visitors]

    assert all("12 ratings" in films for films in lists)
    assert len(set(lists)) == len(club.CLUB)


async def test_ratings_that_were_removed_or_changed_stay_so_after_a_restart(settings):
    async with visited(settings) as [you]:
        await you.types("ratings", words="matrix")
        await you.presses("Remove")
        await you.types("rate", movie="Twister (1996)", stars="4.5")

    async with visited(settings) as [you]:
        assert "11 rated" in await you.types("ratings")
        assert "★★★★½" in read(await you.types("ratings", words="twister"))


async def test_members_channel_and_bot_have_the_same_ids_whatever_happened(settings):
    async with open_preview(settings) as page, at(page) as http:
        await (await Visitor.enter(http)).types("top")
        before = _ids(page)

    async with open_preview(settings) as page:
        assert _ids(page) == before


def _ids(page):
    return page.channel.id, page.env.backend.bot_user.id, *(viewer.id for viewer in page.viewers)


async def test_films_that_the_data_set_lacks_are_passed_over_and_a_retrain_is_seen_to_end(tiny_settings):
    async with visited(tiny_settings) as [you]:
        assert "You haven't rated a film yet" in await you.types("ratings")
        with held() as gate:
            assert "Retraining" in await you.types("admin retrain")
            gate.release()
            await you.sees("Retrain published")


async def test_you_are_the_owner_and_nobody_else_is(settings):
    async with visited(settings, club.YOU, club.MIA) as [you, mia]:
        status = await you.types("admin status")
        assert "Held-out error" in status
        assert "48 ratings, 48 of them since the model learned" in status
        assert "Only the bot's owner" in await mia.types("admin status")


async def test_an_answer_is_seen_by_its_member_and_a_shared_one_by_all(settings):
    async with visited(settings, club.YOU, club.MIA) as [you, mia]:
        await you.types("recommend")
        await mia.types("recommend", share=True)

        await you.sees("Films for", times=2)
        await mia.sees("Films for", times=1)


async def test_what_the_bot_does_by_itself_appears_on_open_pages(settings):
    before = datetime.now(UTC).replace(microsecond=0)
    async with open_preview(settings) as page, at(page) as http:
        visitors = [await Visitor.enter(http, member) for member in club.CLUB]
        message = await page.env.bot.get_partial_messageable(page.channel.id).send("Tonight at eight")
        for visitor in visitors:
            await visitor.sees("Tonight at eight")

        assert before <= message.created_at <= datetime.now(UTC)
        await message.delete()
        await visitors[0].sees("Tonight at eight", times=0)


async def test_actions_of_all_members_at_once_are_all_done(settings):
    films = ["Heat (1995)", "Alien (1979)", "Jaws (1975)", "Big (1988)", "Clue (1985)", "Speed (1994)"]
    async with visited(settings, *club.CLUB) as visitors:

        async def rate_all(visitor):
            return [await visitor.types("rate", movie=film, stars="4") for film in films]

        answers = await asyncio.gather(*map(rate_all, visitors))

    assert all(film in answer for done in answers for film, answer in zip(films, done, strict=True))


async def test_the_logs_of_the_simulation_are_not_kept(settings):
    async with open_preview(settings) as page, at(page) as http:
        await (await Visitor.enter(http)).types("top")
        async with asyncio.timeout(PATIENCE):
            while page.env.http_requests or page.env.transcript():  # noqa: ASYNC110 (nothing tells)
                await asyncio.sleep(0.05)


async def test_only_the_newest_messages_are_kept(settings):
    async with open_preview(settings) as page, at(page) as http:
        you = await Visitor.enter(http)
        for number in range(60):
            await page.env.bot.get_partial_messageable(page.channel.id).send(f"Message {number}.")
        await you.sees("Message 59.")
        await you.sees("Message 0.", times=0)
        assert len(await you.messages()) <= 30


async def test_the_address_is_secret_and_the_same_after_a_restart(new_settings):
    async with open_preview(new_settings) as page:
        secret = page.url.split("#")[1]
        async with at(page) as http, http.get("/api/state", headers={"X-Simcord-Capability": "guess"}) as response:
            assert response.status == 401

    async with open_preview(new_settings) as page:
        assert page.url.split("#")[1] == secret
    kept = new_settings.data_dir / "preview" / "capability"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_a_port_that_is_taken_is_replaced_by_a_free_one(new_settings):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        async with open_preview(new_settings.model_copy(update={"preview_port": taken})) as page:
            assert f":{taken}/" not in page.url


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_program_ends_cleanly_in_the_middle_of_its_first_fit(tmp_path, stop):
    launcher = tmp_path / "launcher.py"
    launcher.write_text(LAUNCHER)
    environment = {"MARQUEE_DATA_DIR": str(tmp_path), "MARQUEE_PREVIEW_PORT": "0", "PYTHONUNBUFFERED": "1"}
    words = [sys.executable, launcher, "preview"]
    options = {"env": os.environ | environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with session(words, **options) as program:
        missing = {"http://127.0.0.1:", "learning"}
        while missing:
            line = program.stdout.readline()
            assert line, program.stderr.read()
            missing = {words for words in missing if words not in line}
        os.killpg(program.pid, stop) if stop == signal.SIGINT else program.send_signal(stop)
        _, errors = program.communicate(timeout=PATIENCE)  # until the worker, too, has let go of standard error

    assert program.returncode == 0
    assert "Traceback" not in errors


def test_a_bot_with_a_token_does_without_simcord():
    check = (
        "import bot.__main__, sys; sys.exit(any(name.startswith(('simcord', 'bot.preview')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


async def test_simcord_has_all_that_the_preview_takes_from_its_inside(new_settings):
    assert version("simcord") == "3.2.1"
    async with open_preview(new_settings) as page:
        things = {"env": page.env, "preview": page, "page": page._python, "markdown": _markdown}
        for thing, names in PRIVATE.items():
            for name in names:
                attrgetter(name)(things[thing])
