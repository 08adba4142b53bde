"""What Prometheus gets to see of a bot, over HTTP."""

import multiprocessing
import re
import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.cli.faults import sentence
from bot.gate import Item
from bot.items import AskStars
from bot.metrics import TALLY_SECONDS, PortError
from bot.store import database
from tests.bot import trouble
from tests.bot.patience import PATIENCE, patiently
from tests.bot.retrains import end
from tests.bot.simulated import ALIEN, MATRIX, TASTE
from tests.bot.test_gate import late
from tests.bot.wire import OK, Failure, Wire, running
from tests.bot.wire_payloads import ALICE
from tests.ports import free_port

HEAT = "Heat (1995)"


@pytest.fixture
def settings(settings):
    with free_port() as port:
        yield settings.model_copy(update={"metrics_port": port})


@pytest.fixture(autouse=True)
def _counted_anew(monkeypatch):
    """The clock of a simulation stands still."""
    monkeypatch.setattr("bot.metrics.TALLY_SECONDS", -1.0)


@pytest.fixture
def scrape(settings):
    """The event loop has nothing to do with it: it stands still meanwhile."""
    address = f"http://127.0.0.1:{settings.metrics_port}/metrics"

    def scrape():
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            families = list(text_string_to_metric_families(answer.read().decode()))
        return {(one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples}

    return scrape


def key(name, /, **labels):
    return (f"marquee_{name}", *sorted(labels.items()))


def uses(scraped, kind, name):
    """How many there were, by how they ended; of those that there were."""
    outcomes = ("answered", "refused", "failed", "stale")
    counts = {
        outcome: scraped.get(key("interactions_total", kind=kind, name=name, outcome=outcome)) for outcome in outcomes
    }
    return {outcome: count for outcome, count in counts.items() if count}


async def test_commands_are_counted_by_name_and_by_how_they_ended(club, alice, scrape, monkeypatch):
    await alice.says("rate", movie=MATRIX, stars=5)
    await alice.says("help")
    await alice.says("help")
    await alice.says("exclude words", text="aaa")
    await alice.says("rate", movie="qqqqqqqqqq", stars=5)
    monkeypatch.setattr(club.store, "history", None)
    await alice.says("ratings")
    assert club.env.errors
    await alice.sends("help", {}, id=late(club, 4))
    scraped = scrape()
    assert uses(scraped, "command", "rate") == {"answered": 1, "refused": 1}
    assert uses(scraped, "command", "help") == {"answered": 2, "stale": 1}
    assert uses(scraped, "command", "exclude words") == {"answered": 1}
    assert uses(scraped, "command", "ratings") == {"failed": 1}
    assert scraped[key("interactions_at_work")] == 0


async def test_what_the_database_can_not_do_is_no_refusal(club, alice, scrape, monkeypatch):
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    with trouble.locked(club.bot.settings.database):
        await alice.says("rate", movie=MATRIX, stars=5)
    assert uses(scrape(), "command", "rate") == {"failed": 1}


async def test_presses_and_forms_are_counted_by_the_first_word_of_their_ids(alice, bob, scrape):
    card = await alice.says("film", movie=MATRIX)
    await alice.presses(card, "Rate it")
    listed = await alice.says("recommend")
    await alice.presses(listed, "Seen it")
    await bob.forges(listed, "delete:" + str(alice.id))
    await alice.forges(listed, "nonsense:5")
    await alice.submits("nonsense:5", [])
    scraped = scrape()
    assert uses(scraped, "press", "ask") == {"answered": 1}
    assert uses(scraped, "press", "seen") == {"answered": 1}
    assert uses(scraped, "press", "delete") == {"refused": 1}
    assert uses(scraped, "press", "other") == {"refused": 1}
    assert uses(scraped, "form", "other") == {"refused": 1}


async def test_a_command_that_nobody_knows_has_no_name_of_its_own(club, alice, scrape):
    club.bot.tree.remove_command("top")
    await alice.says("top")
    assert uses(scrape(), "command", "other") == {"refused": 1}


async def test_typing_is_counted(alice, scrape):
    await alice.types("rate", "movie", "matr")
    assert uses(scrape(), "typing", "rate") == {"answered": 1}


async def test_after_much_use_no_label_says_who_or_where_or_of_which_film(club, alice, bob, scrape):
    await alice.rates(TASTE)
    await alice.types("rate", "movie", MATRIX)
    card = await alice.says("recommend", share=True)
    for label in card.labels[:3]:
        await bob.presses(card, label)
    await alice.presses(await alice.says("film", movie=HEAT), "Rate it")
    await alice.says("rate", movie="qqqqqqqqqq", stars=5)
    await bob.says("match", member=alice.actor)
    await alice.forges(card, f"say:{alice.id}:rate:2571:0:{{}}")
    known = {command.qualified_name for command in club.bot.tree.walk_commands()}
    known |= {layout.partition(":")[0] for layout in [*Item.kinds, *(form.text for form in club.bot.forms)]} | {"other"}
    info = {"marquee_build_info", "marquee_model_info"}
    told = scrape()
    assert told
    for name, *labels in told:
        words = dict(labels)
        assert words.pop("kind", "press") in {"command", "typing", "press", "form"}
        assert words.pop("name", "other") in known
        assert words.pop("outcome", "failed") in {
            "answered", "refused", "failed", "stale", "published", "rejected", "stopped"
        }  # fmt: skip
        assert re.fullmatch(r"\d{1,2}\.\d+|\+Inf", words.pop("le", "+Inf"))
        assert not words or name in info


async def test_the_state_is_that_of_the_moment(club, alice, bob, scrape):
    await alice.rates(TASTE)
    await bob.says("rate", movie=MATRIX, stars=4)
    info = club.bot.serving.recommender.info
    scraped = scrape()
    assert scraped[key("ratings")] == len(TASTE) + 1
    assert scraped[key("members")] == 2
    assert scraped[key("guilds")] == 1
    assert scraped[key("gateway_ready")] == 1
    assert scraped[key("model_serving")] == 1
    assert scraped[key("model_rmse_stars")] == pytest.approx(info["errors"]["rmse"])
    assert scraped[key("model_trained_timestamp_seconds")] == info["trained_at"]
    assert scraped[key("model_retrain_seconds")] == info["seconds"]
    assert scraped[key("database_bytes")] >= club.bot.settings.database.stat().st_size
    assert scraped[key("disk_free_bytes")] > 0
    assert ("process_resident_memory_bytes",) in scraped
    [version] = [dict(labels) for name, *labels in scraped if name == "marquee_model_info"]
    assert version["dataset"] == "ml-latest-small"
    club.bot.dispatch("shard_disconnect", 0)
    await club.env.settle()
    assert scrape()[key("gateway_ready")] == 0


async def test_ratings_that_came_since_the_model_learned_are_told(club, alice, scrape):
    learned_at = club.bot.serving.recommender.info["data_at"]
    await club.store.rate(alice.id, club.film(MATRIX), 4.0, learned_at - 1)
    await club.store.rate(alice.id, club.film(ALIEN), 4.0, learned_at + 1)
    assert scrape()[key("ratings_since_model")] == 1


async def test_ratings_are_counted_at_most_every_quarter_of_a_minute(club, alice, scrape, monkeypatch):
    monkeypatch.setattr("bot.metrics.TALLY_SECONDS", TALLY_SECONDS)
    scrape()
    await alice.says("rate", movie=MATRIX, stars=5)
    assert scrape()[key("ratings")] == 0


async def test_what_is_one_for_all_processes_whichever_leads_tells(club, scrape):
    club.bot.is_leading = False
    scraped = scrape()
    for told in ("ratings", "members", "database_bytes", "backup_newest_timestamp_seconds"):
        assert key(told) not in scraped
    assert scraped[key("guilds")] == 1


async def test_a_retrain_is_counted_by_its_outcome(club, may_learn, scrape):
    assert scrape()[key("retrains_total", outcome="failed")] == 0
    run = await club.bot.trainer.start("for a test")
    assert scrape()[key("retrain_running")] == 1
    [worker] = multiprocessing.active_children()
    worker.kill()
    await end(run)
    scraped = scrape()
    assert scraped[key("retrains_total", outcome="failed")] == 1
    assert scraped[key("retrains_total", outcome="published")] == 0
    assert scraped[key("retrain_running")] == 0


async def test_what_can_not_be_read_is_left_out_and_the_rest_is_told(club, scrape):
    club.bot.settings.database.rename(club.bot.settings.database.with_name("away.db"))
    scraped = scrape()
    assert key("ratings") not in scraped
    assert key("database_bytes") not in scraped
    assert scraped[key("guilds")] == 1


async def test_the_port_is_free_again_once_the_bot_has_ended(club, scrape):
    scrape()
    await club.bot.close()
    with pytest.raises(OSError, match="refused"):
        scrape()


async def test_without_a_port_nothing_is_served(club, scrape):
    await club.restart(metrics_port=None)
    with pytest.raises(OSError, match="refused"):
        scrape()


@pytest.fixture
async def wire(monkeypatch, nothing_is_late):
    async with Wire.open() as wire:
        wire.redirect(monkeypatch)
        yield wire


async def test_how_long_members_wait_is_measured_until_discord_has_the_first_answer(settings, wire, scrape):
    async with running(settings, wire) as bot:
        heat = bot.serving.recommender.catalogue.by_label(HEAT).id
        wire.failures = [Failure("POST", "/callback", status=OK, seconds=0.3)]
        await wire.command("rate", movie=HEAT, stars=4.5)
        await wire.autocomplete("rate", movie="matrx")
        pressed = await wire.forge(AskStars.layout.of(owner=ALICE, movie=heat, replace=False), by=ALICE)
        await patiently(pressed.answer)
        await wire.command("data delete")  # so that the press has come to its end
        scraped = scrape()
    for kind, name in (("command", "rate"), ("typing", "rate"), ("press", "ask")):
        assert scraped[key("answer_seconds_count", kind=kind, name=name)] == 1
    assert scraped[key("answer_seconds_sum", kind="command", name="rate")] > 0.3
    assert scraped[key("answer_seconds_bucket", kind="command", name="rate", le="0.25")] == 0


async def test_what_discord_did_not_take_is_no_answer(settings, wire, scrape):
    async with running(settings, wire):
        wire.failures = [Failure("POST", "/callback", status=404)]
        lost = await wire.send("help", {})
        await wire.command("rate", movie=HEAT, stars=4.5)
        await patiently(lost.answer)  # the sentence that it went wrong
        scraped = scrape()
    assert uses(scraped, "command", "help") == {"failed": 1}


@pytest.mark.parametrize("host", ["127.0.0.1", "nowhere.invalid"])
async def test_where_metrics_can_not_be_served_the_start_ends_with_a_sentence(settings, wire, host):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ours = settings.model_copy(update={"metrics_port": port, "metrics_host": host})
        with pytest.raises(PortError) as error:
            async with running(ours, wire):
                raise AssertionError
    assert f"{host}, port {port}" in sentence(error.value)
