"""/help, as members use it."""

import re

from bot.cogs.recommending import STYLE


async def test_help_is_one_private_card_that_says_where_the_catalogue_ends(alice):
    card = await alice.says("help")
    assert card.private
    assert "2025" in card.text
    assert len(card.text) <= 4000


async def test_help_says_what_the_figures_of_a_list_are(alice):
    text = (await alice.says("help")).text
    assert "The match is how well a film fits you" in text
    assert "after ± how far I may be off" in text


async def test_help_names_the_styles_of_a_list(alice):
    [line] = [line for line in (await alice.says("help")).text.splitlines() if line.startswith("`/recommend`")]
    assert all(style.value in line for style in STYLE)


async def test_help_names_every_command_of_members_and_none_that_is_not_there(club, alice):
    named = set(re.findall(r"`/([a-z]+)", (await alice.says("help")).text))
    assert named == {command.name for command in club.bot.tree.get_commands()} - {"admin", "help"}


async def test_help_works_in_direct_messages(alice):
    assert "/rate" in (await alice.direct.says("help")).text


async def test_help_says_how_to_get_posters_or_whose_they_are(club, alice):
    assert "`TMDB_TOKEN`" in (await alice.says("help")).text
    club.bot.looks = object()
    text = (await alice.says("help")).text
    assert "`TMDB_TOKEN`" not in text
    assert "not endorsed or certified by TMDB" in text
