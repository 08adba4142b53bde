"""The questions of /start: one film after another on one private card, whose buttons are the answers."""

from typing import Any, Literal, NamedTuple, Self

import discord
from discord import ui

from bot import advice, cards, looking
from bot.app import Marquee
from bot.gate import Item
from bot.items import STARS, run
from bot.replies import Card, answer, note
from bot.store import Store
from recommender import Movie

FIRST_LIST = 5  # answers from which there is a list, if one of them has stars
INTRO = "How many stars? *Not seen* helps me too. Each answer is saved at once, so stop whenever you like."
NO_MORE = "I have no film left to ask about. `/rate` takes any that you think of."
GONE = "That film is not in my catalogue any more."


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
    given = await Given.by(interaction.client.store, interaction.user.id)
    container.add_item(ui.TextDisplay(f"-# {given}{looking.credit(looks.values())}"))
    await answer(interaction, Card().add_item(container))


def _told(text: str, back: "Back | None") -> ui.TextDisplay[Any] | ui.Section[Any]:
    """What is told, beside the button that takes it back."""
    return ui.TextDisplay(text) if back is None else ui.Section(text, accessory=back)


Kind = Literal["rated", "seen", "unseen"]


class Given(NamedTuple):
    """How many films a member gave stars, marked as seen without stars, and has not seen."""

    rated: int
    seen: int
    unseen: int

    @classmethod
    async def by(cls, store: Store, member: int) -> Self:
        rated, seen, unseen = await store.history(member), await store.seen(member), await store.unseen.of(member)
        return cls(len(rated), len(seen.keys() - rated.keys()), len(unseen))

    @property
    def is_enough(self) -> bool:
        """For a first list."""
        return self.rated > 0 and sum(self) >= FIRST_LIST

    def is_just_enough(self, kind: Kind) -> bool:
        """Only with the last answer, which was of this kind."""
        return self.is_enough and not self._replace(**{kind: getattr(self, kind) - 1}).is_enough

    def __str__(self) -> str:
        if self.is_enough:
            return f"{self.rated:,} rated · {self.unseen:,} not seen"
        if sum(self) < FIRST_LIST:
            return f"{sum(self)} of {FIRST_LIST} answers for your first list"
        return "Stars for one film, and your first list is there"


async def _go_on(interaction: discord.Interaction[Marquee], new: Kind | None, said: str, back: "Back") -> None:
    """Ask about the next film. new: of which kind the answer was, unless the film had one of it before; the one that was just
    enough brings the first list."""
    given = await Given.by(interaction.client.store, interaction.user.id)
    if new is not None and given.is_just_enough(new):
        await answer(interaction, note(f"{said}\n-# Now I know a little: here is your first list.", accent=cards.DONE))
        await run(interaction, "recommend")
        said += "\n-# Your first list is above. Go on as long as you like: each answer makes the next one better."
    await ask(interaction, said, back)


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
    bot, member = interaction.client, interaction.user.id
    new: Kind | None = None if film.id in await bot.store.unseen.of(member) else "unseen"
    if await bot.store.unseen.say(member, film.id, bot.now()):
        await _go_on(interaction, new, f"Not seen: {cards.film(film)}", Back(film.id, None))
    else:
        await ask(interaction, _answered(film))


def _answered(film: Movie) -> str:
    """On an old card: what was said of its film since stays."""
    return f"You have rated {cards.film(film)} or marked it as seen. `/ratings` can change that."


async def _rate(interaction: discord.Interaction[Marquee], film: Movie, stars: float) -> None:
    bot, member = interaction.client, interaction.user.id
    before = await bot.store.rate(member, film.id, stars, bot.now())
    # Only with a new rating: whoever presses twice gets one list.
    new: Kind | None = "rated" if before is None else None
    await _go_on(interaction, new, f"{bot.glyphs.stars(stars)}  {cards.film(film)}", Back(film.id, before))


class NoStars(Item[ui.Button[Any]], custom_id="nostars:{movie}"):
    """Marks a film as seen, for who has no stars for it: it isn't asked about again either."""

    replaces = True

    def __init__(self, movie: int) -> None:
        self._movie = movie
        custom_id = self.layout.of(movie=movie)
        super().__init__(ui.Button(label="Seen, no stars", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot, member = interaction.client, interaction.user.id
        film = bot.serving.recommender.catalogue.get(self._movie)
        if film is None:
            await ask(interaction, GONE)
        elif film.id in await bot.store.history(member):
            await ask(interaction, _answered(film))
        else:
            new: Kind | None = "seen" if await bot.store.mark_seen(member, film.id, bot.now()) else None
            await _go_on(interaction, new, f"Seen, without stars: {cards.film(film)}", Back(film.id, None))


class Back(Item[ui.Button[Any]], custom_id="askagain:{movie}:{stars}"):
    """Takes the last answer back and asks about its film again. stars: what it had before the answer."""

    replaces = True

    def __init__(self, movie: int, stars: float | None) -> None:
        self._movie, self._before = movie, stars
        custom_id = self.layout.of(movie=movie, stars=stars)
        super().__init__(ui.Button(label="Undo", style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot, store, member = interaction.client, interaction.client.store, interaction.user.id
        film = bot.serving.recommender.catalogue.get(self._movie)
        if film is None:
            await ask(interaction, GONE)
            return
        if self._before is not None:
            await store.rate(member, film.id, self._before, bot.now())
        elif not await store.unrate(member, film.id):  # stars leave a mark from before them
            await store.unmark_seen(member, film.id)
            await store.unseen.remove(member, film.id)
        await _ask_about(interaction, film, "Taken back. How did you like it?", None)


class Stop(Item[ui.Button[Any]], custom_id="askstop"):
    """Ends the questions for now."""

    replaces = True

    def __init__(self) -> None:
        super().__init__(ui.Button(label="Stop", style=discord.ButtonStyle.secondary, custom_id=self.layout.of()))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        given = await Given.by(interaction.client.store, interaction.user.id)
        text = f"### All is saved\n{given}\n-# `/start` goes on whenever you like."
        await answer(interaction, note(text, Best(), Start(True, "Go on"), accent=cards.DONE))


class Best(Item[ui.Button[Any]], custom_id="best"):
    """Says /recommend."""

    def __init__(self, label: str = "Films for me") -> None:
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.primary, custom_id=self.layout.of()))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await run(interaction, "recommend")
