"""The questions of /start: one film after another on one private card, whose buttons are the answers."""

from typing import Any

import discord
from discord import ui

from bot import advice, cards, looking
from bot.app import Marquee
from bot.gate import Item
from bot.items import STARS, run
from bot.replies import answer, note
from recommender import Movie

FIRST_LIST = 5  # ratings from which there is a list
INTRO = "How many stars? *Not seen* helps me too. Each answer is saved at once, so stop whenever you like."
NO_MORE = "I have no film left to ask about. `/rate` takes any that you think of."
GONE = "That film is not in my catalogue any more; here is another."


async def ask(interaction: discord.Interaction[Marquee], said: str = INTRO, back: "Back | None" = None) -> None:
    """Ask about the next film. said: what is told above it; back: what takes the last answer back."""
    bot = interaction.client
    film = await advice.next_question(bot.store, bot.serving, interaction.user.id)
    if film is not None:
        await _ask_about(interaction, film, said, back)
    else:
        text = NO_MORE if said == INTRO else f"{said}\n{NO_MORE}"
        await answer(interaction, note(_told(text, back), Best(), accent=cards.DONE))


async def _ask_about(interaction: discord.Interaction[Marquee], film: Movie, said: str, back: "Back | None") -> None:
    looks = await looking.looks_for(interaction, [film])
    about = f"### {cards.escape(film.label, cards.TITLE_LENGTH)}\n-# {looking.about(film, looks)}"
    container: ui.Container[ui.LayoutView] = ui.Container(
        _told(said, back), looking.pictured(about, film, looks), accent_colour=cards.ACCENT
    )
    # A whole number above each half, as on a ruler.
    whole = [Answer(film.id, stars) for stars in reversed(STARS) if not stars % 1]
    halves = [Answer(film.id, stars) for stars in reversed(STARS) if stars % 1]
    for buttons in (whole, halves, [Answer(film.id, None), NoStars(film.id), Stop()]):
        container.add_item(ui.ActionRow(*buttons))
    container.add_item(ui.TextDisplay(f"-# {await _so_far(interaction)}{looking.credit(looks.values())}"))
    await answer(interaction, ui.LayoutView(timeout=None).add_item(container))


def _told(text: str, back: "Back | None") -> ui.TextDisplay[Any] | ui.Section[Any]:
    """What is told, beside the button that takes it back."""
    return ui.TextDisplay(text) if back is None else ui.Section(text, accessory=back)


async def _so_far(interaction: discord.Interaction[Marquee]) -> str:
    """How many films have an answer; before the first list, how far it is."""
    store, member = interaction.client.store, interaction.user.id
    rated, unseen = await store.rating_count(member), len(await store.unseen.of(member))
    stars = f"{rated} of {FIRST_LIST} for your first list" if rated < FIRST_LIST else f"{rated:,} rated"
    return f"{stars} · {unseen:,} not seen"


class Start(Item[ui.Button[Any]], custom_id="start:{replace}"):
    """Begins with the questions, or goes on with them: anyone may."""

    def __init__(self, replace: bool = False, label: str = "Start") -> None:
        custom_id = self.layout.of(replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.primary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await ask(interaction)


class Answer(Item[ui.Button[Any]], custom_id="answer:{movie}:{stars}"):
    """How many stars a film gets; None: it has not been seen."""

    replaces = True

    def __init__(self, movie: int, stars: float | None) -> None:
        self._movie, self._stars = movie, stars
        label = "Not seen" if stars is None else f"{int(stars) or ''}{'½' if stars % 1 else ''}"
        style = discord.ButtonStyle.primary if stars is None else discord.ButtonStyle.secondary
        super().__init__(ui.Button(label=label, style=style, custom_id=self.layout.of(movie=movie, stars=stars)))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        film = interaction.client.serving.recommender.catalogue.get(self._movie)
        if film is None:
            await ask(interaction, GONE)
        elif self._stars is None:
            await _not_seen(interaction, film)
        else:
            await _rate(interaction, film, self._stars)


async def _not_seen(interaction: discord.Interaction[Marquee], film: Movie) -> None:
    bot = interaction.client
    if await bot.store.unseen.say(interaction.user.id, film.id, bot.now()):
        await ask(interaction, f"Not seen: {cards.film(film)}", Back(film.id, None))
    else:  # on an old card
        await ask(interaction, f"You have rated {cards.film(film)} or marked it as seen. `/ratings` can change that.")


async def _rate(interaction: discord.Interaction[Marquee], film: Movie, stars: float) -> None:
    bot, member = interaction.client, interaction.user.id
    before = await bot.store.rate(member, film.id, stars, bot.now())
    said = f"{bot.glyphs.stars(stars)}  {cards.film(film)}"
    # Only with a new rating: whoever presses twice gets one list.
    if before is None and await bot.store.rating_count(member) == FIRST_LIST:
        await answer(interaction, note(f"{said}\n-# Now I know a little: here is your first list.", accent=cards.DONE))
        await run(interaction, "recommend")
        said += "\n-# Your first list is above. Go on as long as you like: each answer makes the next one better."
    await ask(interaction, said, Back(film.id, before))


class NoStars(Item[ui.Button[Any]], custom_id="nostars:{movie}"):
    """Marks a film as seen, for who has no stars for it: it isn't asked about again either."""

    replaces = True

    def __init__(self, movie: int) -> None:
        self._movie = movie
        custom_id = self.layout.of(movie=movie)
        super().__init__(ui.Button(label="Can't say", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        film = bot.serving.recommender.catalogue.get(self._movie)
        if film is None:
            await ask(interaction, GONE)
        else:
            await bot.store.mark_seen(interaction.user.id, film.id, bot.now())
            await ask(interaction, f"Seen, without stars: {cards.film(film)}", Back(film.id, None))


class Back(Item[ui.Button[Any]], custom_id="askagain:{movie}:{stars}"):
    """Takes the last answer back and asks about its film again. stars: what it had before the answer."""

    replaces = True

    def __init__(self, movie: int, stars: float | None) -> None:
        self._movie, self._before = movie, stars
        custom_id = self.layout.of(movie=movie, stars=stars)
        super().__init__(ui.Button(label="Undo", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot, member = interaction.client, interaction.user.id
        film = bot.serving.recommender.catalogue.get(self._movie)
        if film is None:
            await ask(interaction, GONE)
            return
        if self._before is not None:
            await bot.store.rate(member, film.id, self._before, bot.now())
        else:
            for take_back in (bot.store.unrate, bot.store.unmark_seen, bot.store.unseen.take_back):
                await take_back(member, film.id)
        await _ask_about(interaction, film, "Taken back. How did you like it?", None)


class Stop(Item[ui.Button[Any]], custom_id="askstop"):
    """Ends the questions for now."""

    replaces = True

    def __init__(self) -> None:
        super().__init__(ui.Button(label="Stop", style=discord.ButtonStyle.secondary, custom_id=self.layout.of()))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        text = f"### All is saved\n{await _so_far(interaction)}\n-# `/start` goes on whenever you like."
        await answer(interaction, note(text, Best(), Start(True, "Go on"), accent=cards.DONE))


class Best(Item[ui.Button[Any]], custom_id="best"):
    """Says /recommend."""

    def __init__(self, label: str = "Films for me") -> None:
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.primary, custom_id=self.layout.of()))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await run(interaction, "recommend")
