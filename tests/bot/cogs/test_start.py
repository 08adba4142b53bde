"""/start: the questions of a member's first minutes, and the bot's first words on a server."""

from types import SimpleNamespace
from unittest.mock import AsyncMock

import pytest
from discord import Permissions
from simcord.backend import serializers

from bot.asking import FIRST_LIST, Answer, Back, NoStars
from bot.cogs.start import WELCOME
from bot.glyphs import TEXT
from tests.bot.simulated import MATRIX, TASTE, Card

LABELS = [*"12345", "½", "1½", "2½", "3½", "4½", "Not seen", "Seen, no stars", "Stop"]


def asked(card):
    """The film that a card asks about: the id in its buttons."""
    [film] = {int(control.split(":")[1]) for control in card.controls if control.startswith("answer:")}
    return film


def further(card):
    """What came after the card that was pressed."""
    return [Card(SimpleNamespace(response=message)) for message in card.result.followups]


async def answer_all(member, card, *labels):
    for label in labels:
        card = await member.presses(card, label)
    return card


async def test_it_asks_privately_about_one_film_and_predicts_nothing(club, alice):
    card = await alice.says("start")
    assert card.private
    assert card.labels == LABELS
    assert club.catalogue[asked(card)].label in card.text
    assert "★" not in card.text
    assert "match" not in card.text
    assert card.text.splitlines()[-1] == "-# 0 of 5 answers for your first list"


@pytest.mark.parametrize(("label", "stars"), [("½", 0.5), ("1", 1.0), ("3½", 3.5), ("5", 5.0)])
async def test_one_press_gives_stars_and_the_next_question_takes_its_place(club, alice, label, stars):
    card = await alice.says("start")
    following = await alice.presses(card, label)
    assert await club.store.history(alice.id) == {asked(card): stars}
    assert following.message.id == card.message.id
    assert asked(following) != asked(card)
    assert f"{TEXT.stars(stars)}  **{club.catalogue[asked(card)].label}**" in following.text
    assert "1 of 5 answers for your first list" in following.text


async def test_a_film_that_is_not_seen_is_remembered_and_never_asked_about_again(club, alice):
    first = await alice.says("start")
    following = await alice.presses(first, "Not seen")
    assert f"Not seen: **{club.catalogue[asked(first)].label}**" in following.text
    assert "1 of 5 answers for your first list" in following.text
    assert list(await club.store.unseen.of(alice.id)) == [asked(first)]
    assert asked(await alice.says("start")) == asked(following) != asked(first)


async def test_who_has_no_stars_for_a_film_marks_it_as_seen(club, alice):
    first = await alice.says("start")
    following = await alice.presses(first, "Seen, no stars")
    assert "Seen, without stars" in following.text
    assert list(await club.store.seen(alice.id)) == [asked(first)]
    assert asked(following) != asked(first)


@pytest.mark.parametrize("label", ["4½", "Not seen", "Seen, no stars"])
async def test_undo_takes_the_last_answer_back_and_asks_again(club, alice, label):
    first = await alice.says("start")
    again = await alice.presses(await alice.presses(first, label), "Undo")
    assert asked(again) == asked(first)
    assert "Undo" not in again.labels
    stored = await club.store.export(alice.id)
    assert not stored["ratings"] + stored["seen"] + stored["unseen"]


async def test_undo_on_a_film_that_had_stars_brings_them_back(club, alice):
    old = await alice.says("start")
    label = club.catalogue[asked(old)].label
    await alice.says("rate", movie=label, stars=4)
    following = await alice.presses(old, "2")
    assert await club.store.history(alice.id) == {asked(old): 2.0}
    await alice.presses(following, "Undo")
    assert await club.store.history(alice.id) == {asked(old): 4.0}


async def test_stop_says_what_is_saved_and_goes_on_later(club, alice):
    card = await answer_all(alice, await alice.says("start"), "4", "Not seen")
    stopped = await alice.presses(card, "Stop")
    assert stopped.message.id == card.message.id
    assert "2 of 5 answers for your first list" in stopped.text
    assert asked(await alice.presses(stopped, "Go on")) == asked(card)


@pytest.mark.parametrize("last", ["4½", "Not seen", "Seen, no stars"])
async def test_after_five_answers_the_first_list_comes_and_then_the_next_question(club, alice, last):
    card = await answer_all(alice, await alice.says("start"), "5", "Not seen", "Seen, no stars", "2½")
    assert not further(card)
    fifth = await alice.presses(card, last)
    assert not fifth.labels
    assert "first list" in fifth.text
    listed, question = further(fifth)
    assert listed.private
    assert question.private
    assert "Films for you" in listed.text
    assert len(listed.films) == 5
    assert not set(listed.films) & {*await club.store.history(alice.id), *await club.store.seen(alice.id)}
    assert "Your first list is above" in question.text
    assert "rated · " in question.text
    for _ in range(3):
        assert asked(question) not in listed.films, "their predictions have been seen"
        question = await alice.presses(question, "Not seen")
    going_on = await alice.presses(question, "3")
    assert going_on.message.id == question.message.id
    assert not further(going_on)


async def test_without_any_stars_the_first_list_waits_for_some(alice):
    card = await answer_all(alice, await alice.says("start"), *["Not seen"] * 6)
    assert "Stars for one film, and your first list is there" in card.text
    listed, question = further(await alice.presses(card, "4"))
    assert "Films for you" in listed.text
    assert "1 rated · 6 not seen" in question.text


async def test_the_list_is_a_press_away_from_the_end(alice):
    await alice.rates(TASTE)
    stopped = await alice.presses(await alice.says("start"), "Stop")
    assert "5 rated · 0 not seen" in stopped.text
    assert "Films for you" in (await alice.presses(stopped, "Films for me")).text


async def test_nothing_is_asked_that_is_rated_seen_wanted_or_excluded(club, alice):
    found = set()
    for how in ("rated", "seen", "wanted", "excluded", "nothing"):
        film = asked(await alice.says("start"))
        assert film not in found
        found.add(film)
        match how:
            case "rated":
                await club.store.rate(alice.id, film, 3, 1)
            case "seen":
                await club.store.mark_seen(alice.id, film, 1)
            case "wanted":
                await club.store.watchlists.add(alice.id, film, 1)
            case "excluded":
                await club.store.exclude(alice.id, "movie", str(film), 1)
    await alice.says("exclude genre", genre="Drama")
    assert "Drama" not in club.catalogue[asked(await alice.says("start"))].genres


async def test_where_no_film_is_left_it_says_so(club, alice):
    card = await alice.says("start")
    for genre in {genre for film in club.catalogue.movies for genre in film.genres}:
        await club.store.exclude(alice.id, "genre", genre, 1)
    for film in club.catalogue.movies:
        if not film.genres:
            await club.store.mark_seen(alice.id, film.id, 1)
    last = await alice.presses(card, "Not seen")
    assert "no film left to ask about" in last.text
    assert last.labels == ["Undo", "Films for me"]
    assert "no film left to ask about" in (await alice.says("start")).text


async def test_two_presses_at_once_count_once_and_bring_one_list(club, alice):
    await alice.rates({MATRIX: 5, "Heat (1995)": 4, "Fargo (1996)": 4, "Titanic (1997)": 2})
    card = await alice.says("start")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(club.env, "settle", AsyncMock())  # the second press doesn't wait for the first
        sent = [await alice.forges(card, card.button(label)) for label in ("4", "3½")]
    await club.env.settle()
    pressed = [press.look_again() for press in sent]
    brought = [each for press in pressed for each in further(press)]
    assert len([each for each in brought if "Films for you" in each.text]) == 1
    assert asked(brought[-1]) != asked(card)
    history = await club.store.history(alice.id)
    assert len(history) == FIRST_LIST
    assert history[asked(card)] == 3.5, "the later press"


async def test_a_press_that_comes_late_corrects_the_answer_and_brings_no_second_list(club, alice):
    await alice.rates({MATRIX: 5, "Heat (1995)": 4, "Fargo (1996)": 4, "Titanic (1997)": 2})
    card = await alice.says("start")
    await alice.presses(card, "4")
    late = await alice.forges(card, card.button("3½"))
    assert not further(late)
    assert asked(late) != asked(card)
    assert (await club.store.history(alice.id))[asked(card)] == 3.5


@pytest.mark.parametrize("pressed", ["Not seen", "Seen, no stars"])
async def test_an_old_card_leaves_the_stars_that_its_film_has(club, alice, pressed):
    card = await alice.says("start")
    label = club.catalogue[asked(card)].label
    await alice.says("rate", movie=label, stars=4)
    following = await alice.presses(card, pressed)
    assert f"You have rated **{label}** or marked it as seen" in following.text
    assert "Undo" not in following.labels
    stored = await club.store.export(alice.id)
    assert not stored["unseen"] + stored["seen"]
    assert await club.store.history(alice.id) == {asked(card): 4.0}


async def test_undo_leaves_a_mark_that_was_there_before_the_stars(club, alice):
    card = await alice.says("start")
    await club.store.mark_seen(alice.id, asked(card), at=1)
    await alice.presses(await alice.presses(card, "2"), "Undo")
    assert await club.store.history(alice.id) == {}
    assert await club.store.seen(alice.id) == {asked(card): 1}


@pytest.mark.parametrize("kind", [lambda movie: Answer(movie, 4.0), NoStars, lambda movie: Back(movie, 4.0)])
async def test_a_film_that_is_gone_gives_way_to_another(club, alice, kind):
    card = await alice.says("start")
    following = await alice.forges(card, kind(10**9 + 7).custom_id)
    assert "not in my catalogue any more" in following.text
    assert asked(following) == asked(card)
    assert await club.store.rating_count(alice.id) == 0


async def test_an_answer_about_a_film_that_turned_out_to_be_another_is_about_that_one(club, alice):
    movie = await club.store.typed.add(alice.id, "A film of mine", 2031, [], at=1)
    await club.store.films.move({movie: club.film(MATRIX)})
    await club.bot.renew_films()
    following = await alice.forges(await alice.says("start"), Answer(movie, 4.0).custom_id)
    assert f"**{MATRIX}**" in following.text
    assert await club.store.history(alice.id) == {club.film(MATRIX): 4.0}
    again = await alice.presses(following, "Undo")
    assert asked(again) == club.film(MATRIX)
    assert await club.store.history(alice.id) == {}


async def test_titles_are_shown_as_they_are(club, alice):
    starred = next(film for film in club.catalogue.movies if film.title.startswith("M*A*S*H"))
    about = await alice.forges(await alice.says("start"), Back(starred.id, None).custom_id)
    assert r"### M\*A\*S\*H" in about.text
    assert r"**M\*A\*S\*H" in (await alice.presses(about, "Not seen")).text


async def test_its_buttons_outlive_a_restart(club, alice):
    card = await alice.says("start")
    await club.restart()
    await club.bot.model_ready()
    following = await alice.presses(card, "4")
    assert await club.store.history(alice.id) == {asked(card): 4.0}
    assert asked(following) != asked(card)


async def test_it_works_in_direct_messages(alice):
    card = await alice.direct.says("start")
    assert "1 of 5 answers for your first list" in (await alice.direct.presses(card, "4")).text


async def test_a_newcomers_list_leads_to_the_questions(alice):
    assert "`/start`" in (await alice.says("recommend")).text
    await alice.rates({MATRIX: 5})
    assert "`/start`" in (await alice.says("recommend")).text


async def test_help_has_a_button_for_the_questions(alice):
    helped = await alice.says("help")
    assert "`/start`" in helped.text
    card = await alice.presses(helped, "Start")
    assert asked(card)
    assert card.message.id != helped.message.id


# A server that adds the bot


async def comes(club, channel=None, *, away=False):
    """The server takes the bot out and adds it again, with this system channel; or it was only away for a while."""
    backend = club.env.backend
    guild = backend.get_guild(club.guild.id)
    guild.system_channel_id = channel and channel.id
    backend.emit("GUILD_DELETE", {"id": str(guild.id)} | ({"unavailable": True} if away else {}))
    payload = serializers.guild_create_payload(backend, guild)
    if not away:
        del payload["unavailable"]  # what tells discord.py the one from the other
    backend.emit("GUILD_CREATE", payload)
    await club.env.settle()


def greetings(club):
    """The messages in the server's channel that are its own, and that nobody asked for."""
    return [message for message in club.channel.history() if message.interaction_metadata is None]


async def test_a_server_that_adds_it_is_told_once_what_it_is_and_how_to_begin(club, alice):
    await comes(club, club.channel)
    [hello] = greetings(club)
    [container] = hello.components
    text, row = container.children
    assert text.content == WELCOME
    assert "`/start`" in text.content
    [button] = row.children
    card = Card(await alice.actor.click(hello, custom_id=button.custom_id))
    assert card.private
    assert card.message.id != hello.id
    assert asked(card)


async def test_a_server_that_was_away_for_a_while_is_not_told_again(club):
    await comes(club, club.channel, away=True)
    assert not greetings(club)


async def test_where_it_may_not_write_it_is_silent(club):
    await comes(club)  # no system channel
    for role in list(club.env.backend.get_guild(club.guild.id).roles.values()):
        club.env.backend.edit_role(club.guild.id, role.id, {"permissions": Permissions(view_channel=True).value})
    await comes(club, club.channel)
    assert not greetings(club)
    assert not [request for request in club.env.http_requests if request.path.endswith("/messages")]


async def test_a_refusal_of_discords_is_only_logged(club, caplog):
    club.env.inject_error("POST", f"/channels/{club.channel.id}/messages", status=403)
    await comes(club, club.channel)
    assert not greetings(club)
    assert "could not say hello" in caplog.text
