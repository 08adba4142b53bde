"""The bot as a whole: what it tells Discord, how it starts, and what outlives it."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import discord
import pytest
from discord.ext import commands
from pydantic import SecretStr

from bot import app, create_bot
from bot.cogs import upkeep
from bot.cogs.upkeep import LIST_DAYS
from bot.films import update
from bot.films.film import Film
from bot.films.look_store import DAY, Kept, LookStore
from bot.shards import Shards
from recommender import Recommender
from recommender.datasets.identity import IMDB
from tests.bot import tiny_movielens
from tests.bot.patience import patiently
from tests.bot.simulated import MATRIX, TASTE

# Names and options are fixed: members know them, and so do programs that drive the bot.
YEARS_AND_GENRE, FACTS = ("genre", "from_year", "to_year"), ("max_minutes", "language", "decade")
COMMANDS = {
    "start": [],
    "rate": ["movie", "stars"],
    "ratings": ["words"],
    "recommend": [
        "count",
        "style",
        *YEARS_AND_GENRE,
        *FACTS,
        "without",
        "include_seen",
        "from",
        "on_our_services",
        "share",
    ],
    "similar": ["movie", "count", "share"],
    "film": ["movie"],
    "watchlist add": ["movie"],
    "watchlist remove": ["movie"],
    "watchlist list": [],
    "import file": ["file"],
    "import undo": [],
    "taste": ["member", "share"],
    "match": ["member"],
    "club": ["share"],
    "exclude words": ["text"],
    "exclude movie": ["movie"],
    "exclude genre": ["genre"],
    "exclude list": [],
    "exclude remove": ["entry"],
    "top": [*YEARS_AND_GENRE, *FACTS],
    "night start": ["title", "when", "seen", *YEARS_AND_GENRE, *FACTS, "style", "from", "on_our_services", "closes"],
    "night suggest": ["movie"],
    "night status": [],
    "night cancel": [],
    "night history": ["year", "share"],
    "night later": [],
    "night settings": ["time_zone", "style", "seen", *FACTS, "hosts", "reminders", "fairness", "region", "services"],
    "admin retrain": [],
    "admin status": [],
    "admin films": [],
    "data export": [],
    "data delete": [],
    "privacy": [],
    "help": [],
}
NEEDS_A_MODEL = {
    "start": {},
    "rate": {"movie": MATRIX, "stars": 5},
    "recommend": {"genre": "Drama"},
    "similar": {"movie": MATRIX},
    "film": {"movie": MATRIX},
    "top": {},
    "watchlist add": {"movie": MATRIX},
    "watchlist remove": {"movie": MATRIX},
    "exclude words": {"text": "zombie"},
    "exclude movie": {"movie": MATRIX},
    "exclude genre": {"genre": "Horror"},
}
STILL_LEARNING = "try again"


def leaves(command):
    if isinstance(command, discord.app_commands.Group):
        return [leaf for sub in command.commands for leaf in leaves(sub)]
    return [command]


@contextmanager
def renamed_table(club, table):
    """The database without this table, which is back at the end."""
    with closing(sqlite3.connect(club.bot.settings.database)) as db:
        db.execute(f"ALTER TABLE {table} RENAME TO away")
        yield
        db.execute(f"ALTER TABLE away RENAME TO {table}")


def syncs(club):
    return [request for request in club.env.http_requests if request.method == "PUT"]


async def test_commands_and_their_options_are_the_documented_ones(club):
    told = {
        leaf.qualified_name: [option.display_name for option in leaf.parameters]
        for command in club.bot.tree.get_commands()
        for leaf in leaves(command)
    }
    assert told == COMMANDS


async def test_every_command_is_open_to_everyone_everywhere(club):
    """Who may use /admin is decided in code: Discord's permissions would hide it from an owner who is a plain member."""
    for command in club.bot.tree.get_commands():
        described = command.to_dict(club.bot.tree)
        assert described.get("default_member_permissions") is None
        in_servers = command.name in ("night", "club")  # they need people
        assert sorted(described["contexts"]) == ([0] if in_servers else [0, 1, 2])
        assert sorted(described["integration_types"]) == ([0] if in_servers else [0, 1])


async def test_it_asks_for_no_privileged_intent_and_reads_no_messages(settings):
    assert create_bot(settings).intents == discord.Intents(guilds=True, voice_states=True, guild_scheduled_events=True)


async def test_it_mentions_nobody(settings):
    assert create_bot(settings).allowed_mentions.to_dict() == {"parse": []}


async def test_its_invitation_asks_for_no_more_than_it_uses(club):
    link = club.bot.invite_link()
    assert "bot+applications.commands" in link
    asked = discord.Permissions(int(link.partition("permissions=")[2].partition("&")[0]))
    wanted = ("view_channel", "send_messages", "embed_links", "attach_files", "create_events")
    assert asked == discord.Permissions(**dict.fromkeys(wanted, True))


async def test_commands_are_told_to_discord_only_when_they_have_changed(club):
    await club.restart()
    assert len(syncs(club)) == 1
    changed = create_bot(club.bot.settings)

    @changed.tree.command(description="Say hello")
    async def hello(interaction: discord.Interaction) -> None: ...

    await club.is_followed_by(changed)
    assert len(syncs(club)) == 2


async def test_before_there_is_a_model_commands_say_so_and_typing_offers_nothing(club, alice, tmp_path, may_learn):
    listed = await alice.says("recommend")
    await club.restart(model_dir=tmp_path / "empty" / "models")
    for command, options in NEEDS_A_MODEL.items():
        card = await alice.says(command, **options)
        assert STILL_LEARNING in card.text, command
        assert card.private
    for label in ("Seen it", "Want to see", "Not for me"):
        assert STILL_LEARNING in (await alice.presses(listed, label)).text
    assert await alice.types("rate", "movie", "matrix") == []
    assert await alice.types("recommend", "genre", "sci") == []
    stored = await club.store.export(alice.id)
    assert not stored["ratings"] + stored["seen"] + stored["watchlist"] + stored["exclusions"]


async def test_help_and_a_members_data_need_no_model(club, alice, tmp_path, may_learn):
    await alice.rates(TASTE)
    await club.restart(model_dir=tmp_path / "empty" / "models")
    assert "/rate" in (await alice.says("help")).text
    assert (await alice.says("data export")).message.attachments
    asked = await alice.says("data delete")
    await alice.presses(asked, asked.labels[0])
    assert await club.store.history(alice.id) == {}


async def test_without_a_model_one_is_learned_at_once_from_the_members_ratings_too(club, alice, tmp_path, may_learn):
    await alice.rates(TASTE)
    with tiny_movielens.mirror(tmp_path) as url:
        await club.restart(model_dir=tmp_path / "empty" / "models", movielens=tiny_movielens.NAME, movielens_url=url)
        assert not club.bot.is_serving
        may_learn.release()
        await patiently(club.bot.model_ready())
    assert len((await alice.says("recommend")).films) == 5
    assert club.bot.serving.recommender.info["member_ratings"] == len(TASTE)


async def test_ratings_and_exclusions_outlive_the_process(club, alice):
    await alice.rates(TASTE)
    await alice.says("exclude words", text="zombie")
    before = await alice.says("recommend")
    await club.restart()
    await club.bot.model_ready()
    assert "zombie" in (await alice.says("exclude list")).text
    assert (await alice.says("recommend")).text == before.text


async def test_buttons_outlive_the_process(club, alice, bob):
    rated = await alice.says("rate", movie=MATRIX, stars=5)
    shared = await alice.says("recommend", share=True)
    one, two, three, *_ = shared.films
    await club.restart()
    await club.bot.model_ready()
    await alice.picks(await alice.presses(rated, "Change"), "3.0")
    await bob.picks(await bob.presses(shared, "Seen it", one), "4.0")
    await bob.presses(shared, "Want to see", two)
    undo = await bob.presses(shared, "Not for me", three)
    await club.restart()
    await club.bot.model_ready()
    await bob.presses(undo, "Undo")
    assert await club.store.history(alice.id) == {club.film(MATRIX): 3}
    assert await club.store.history(bob.id) == {one: 4}
    assert list(await club.store.watchlists.of(bob.id)) == [two]
    assert await club.store.exclusions(bob.id) == []


async def test_lists_are_forgotten_after_some_weeks(club, alice):
    now = club.bot.now()
    old = await club.store.lists.save(alice.id, "recommend", {}, [], now - (LIST_DAYS + 1) * 86_400)
    young = await club.store.lists.save(alice.id, "recommend", {}, [], now - (LIST_DAYS - 1) * 86_400)
    await club.restart()
    assert await club.store.lists.get(old.id) is None
    assert await club.store.lists.get(young.id) == young


async def test_a_broken_database_does_not_end_the_watch_for_retrains(club, alice, caplog, may_learn):
    await club.restart(retrain_ratings=1)
    await club.bot.model_ready()
    await club.store.rate(alice.id, club.film(MATRIX), 5, club.bot.serving.recommender.info["data_at"])
    with renamed_table(club, "ratings"):
        await club.env.advance_time(5 * 60)
    assert "no retrain could be started" in caplog.text
    assert club.bot.trainer.running is None
    await club.env.advance_time(5 * 60)
    assert club.bot.trainer.running.reason == "new ratings: 1"


async def test_lists_that_cannot_be_removed_are_no_reason_not_to_start(club, alice, caplog):
    with renamed_table(club, "lists"):
        await club.restart()
        await club.bot.model_ready()
        await club.env.settle()
    assert "old lists could not be removed" in caplog.text
    assert len((await alice.says("recommend")).films) == 5


async def test_models_that_cannot_be_read_are_told_and_a_first_is_learned_once_the_folder_is_right(
    club, tmp_path, caplog, may_learn
):
    blocked = tmp_path / "blocked" / "models"
    blocked.parent.mkdir()
    blocked.write_text("a file where the folder belongs")
    await club.restart(model_dir=blocked)
    await club.env.settle()
    assert "The models can't be read" in caplog.text
    assert not club.bot.is_serving
    blocked.unlink()
    await club.env.advance_time(15 * 60)
    assert club.bot.trainer.running.reason == "there is no model yet"


async def test_a_film_that_was_fetched_is_found_rated_and_recommended_before_a_model_has_learned_with_it(
    club, alice, monkeypatch, may_learn
):
    film = Film("Midnight Ferry", 2026, 33_445_566, genres=("Comedy",), votes=90_000, mean=8.9)

    async def fetched(settings):
        update.shelf_of(settings).write("wikidata", [film], datetime.now(UTC))
        return update.Outcome(changed=True, problem=None)

    async def told(bot, films):
        await add(bot, films)
        served.set()

    add, served = app.Marquee._add_films, asyncio.Event()
    monkeypatch.setattr(app.Marquee, "_add_films", told)
    monkeypatch.setattr(upkeep, "update", fetched)
    learned = club.bot.serving.recommender.info
    await club.restart(films="wikidata")
    await patiently(served.wait())
    assert await alice.types("rate", "movie", "midnight fer") == ["Midnight Ferry (2026)"]
    assert "For you: " in (await alice.says("film", movie="Midnight Ferry (2026)")).text
    assert (await alice.says("recommend", from_year=2026, genre="Comedy")).films == [IMDB + 33_445_566]
    await alice.says("rate", movie="Midnight Ferry (2026)", stars=5)
    assert await club.store.history(alice.id) == {IMDB + 33_445_566: 5}
    assert club.bot.serving.recommender.info == learned
    may_learn.release()


async def test_of_several_processes_the_one_that_learns_puts_films_that_members_added_into_the_model_s_file(
    club, alice
):
    async def file_after(minutes):
        await club.env.advance_time(60 * minutes)
        return Recommender.load(club.bot.folder.current)

    await club.store.typed.add(alice.id, "Zorblax", 2026, ("Comedy",), club.bot.now())
    await club.bot.renew_films()
    assert (await file_after(10)).catalogue.by_label("Zorblax (2026)") is None  # alone, it shares with nobody
    await club.restart(shards=Shards.parsed("1"))
    await club.bot.model_ready()
    assert (await file_after(10)).catalogue.by_label("Zorblax (2026)")
    assert club.bot.serving.recommender.is_stored
    assert "Zorblax" in (await alice.says("film", movie="Zorblax (2026)")).text


async def test_a_film_that_is_added_while_the_first_model_comes_is_known_with_it(club, monkeypatch):
    read, may_serve, with_added = asyncio.Event(), asyncio.Event(), app.Marquee._with_added

    async def slowly(bot, serving, moving):
        served = await with_added(bot, serving, moving)
        read.set()
        await may_serve.wait()
        return served

    serving, club.bot._serving = club.bot.serving, None
    monkeypatch.setattr(app.Marquee, "_with_added", slowly)
    publishing = asyncio.create_task(club.bot._publish(serving))
    await patiently(read.wait())
    movie = await club.store.typed.add(5, "Told Meanwhile", 2026, ["Drama"], club.bot.now())
    renewing = asyncio.create_task(club.bot.renew_films())
    await asyncio.sleep(0)
    may_serve.set()
    await patiently(asyncio.gather(publishing, renewing))
    assert movie in club.bot.serving.recommender.catalogue


async def test_a_shutdown_that_hangs_is_given_up(club, monkeypatch, caplog):
    monkeypatch.setattr(app, "LEAVE_SECONDS", 0.01)
    monkeypatch.setattr(commands.AutoShardedBot, "close", lambda bot: asyncio.Event().wait())
    await club.bot.close()
    assert "leaving the rest to the system" in caplog.text


async def test_a_database_is_closed_whatever_becomes_of_discord(club, monkeypatch):
    """Its threads would keep the process from ending."""

    async def fails(bot):
        raise RuntimeError

    monkeypatch.setattr(commands.AutoShardedBot, "close", fails)
    with pytest.raises(RuntimeError):
        await club.bot.close()
    with pytest.raises(ValueError, match="closed"):
        await club.store.get_meta("any")


async def test_closing_twice_is_no_error(club, caplog):
    await club.bot.close()
    await club.bot.close()
    assert club.bot.is_closed()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.fixture
def kept_looks(settings):
    """What an earlier run kept of films' looks."""
    file = settings.data_dir / "films" / "looks.db"
    file.parent.mkdir()
    file.write_bytes(b"posters")
    return file


async def test_without_a_token_nothing_is_kept_of_what_films_look_like(kept_looks, club):
    assert club.bot.looks is None
    assert not kept_looks.exists()


@pytest.fixture
def token(settings):
    settings.tmdb_token = SecretStr("a.b.c")


async def test_with_a_token_what_is_kept_is_removed_once_it_is_old(token, club, tmp_path):
    store = LookStore(tmp_path / "films")
    await asyncio.to_thread(store.put, ("imdb 1", "de"), Kept(None, None), club.bot.now() - 2 * DAY)
    await club.bot.looks.prune()
    assert b"imdb 1" not in (tmp_path / "films" / "looks.db").read_bytes()
