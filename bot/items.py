"""The buttons and selects on cards. Most of them say a command again: a press and a slash command are the same thing."""

from typing import Any

import discord
from discord import ui
from discord.app_commands import Command, Group

from bot import cards, looking
from bot.app import Marquee
from bot.gate import ANYONE, Item, check_options
from bot.glyphs import TEXT, Glyphs
from bot.looking import UNSEEN, Looks
from bot.refusal import Refusal
from bot.replies import UNFIT, answer, note
from bot.wanting import Want
from recommender import Movie

STARS = [half / 2 for half in range(10, 0, -1)]
ABOUT_FILMS = ("rate", "similar", "film", "watchlist add", "exclude movie")  # the commands that take a film
UNKEPT = "-# Only the first of {} pages: I can't save anything at the moment, so there are no buttons. Ask again later."
TOO_OLD = "That list is too old to turn its pages. Ask for a new one with the same command."


class Say(Item[ui.Button[Any]], custom_id="say:{owner}:{command}:{movie}:{replace}:{options}"):
    """A button that runs a command about a film, for its owner or for anyone who presses it."""

    def __init__(
        self,
        owner: int,
        command: str,
        movie: int,
        replace: bool = False,
        options: dict[str, Any] | None = None,
        label: str = "…",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        emoji: str | None = None,
    ) -> None:
        self._command, self._movie, self._options = command, movie, options or {}
        custom_id = self.layout.of(owner=owner, command=command, movie=movie, replace=replace, options=self._options)
        super().__init__(ui.Button(label=label[:80], style=style, emoji=emoji, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await say(interaction, self._command, self._movie, self._options)


async def say(interaction: discord.Interaction[Marquee], name: str, movie: int, options: dict[str, Any]) -> None:
    """Run the slash command `name` on a film, as if the member had typed it with these options besides."""
    if name not in ABOUT_FILMS:
        raise Refusal(UNFIT)
    film = interaction.client.serving.film(movie)
    check_options(_command(interaction.client, name), options | {"movie": film.label})
    await run(interaction, name, **options | {"movie": film})


async def run(interaction: discord.Interaction[Marquee], name: str, **options: Any) -> None:
    """Run the slash command `name` with options as its callback takes them."""
    command = _command(interaction.client, name)
    await command.callback(command.binding, interaction, **options)  # type: ignore[arg-type]


def _command(bot: Marquee, name: str) -> Command[Any, ..., Any]:
    command: Command[Any, ..., Any] | Group | None = None
    for part in name.split():
        found = command.get_command(part) if isinstance(command, Group) else bot.tree.get_command(part)
        command = found if isinstance(found, Command | Group) else None
    if not isinstance(command, Command):
        raise LookupError(f"no command /{name}")
    return command


class AskStars(Item[ui.Button[Any]], custom_id="ask:{owner}:{movie}:{replace}"):
    """Asks how many stars, in a private card; in the place of another, with a way back."""

    def __init__(
        self,
        owner: int,
        movie: int,
        replace: bool = False,
        label: str = "Rate it",
        emoji: str | None = None,
    ) -> None:
        self._movie = movie
        custom_id = self.layout.of(owner=owner, movie=movie, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id, emoji=emoji))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot, member = interaction.client, interaction.user.id
        film = bot.serving.film(self._movie)
        asked = note(f"How many stars for {cards.film(film)}?", StarsSelect(self._movie))
        if interaction.extras["replace"]:
            label = "Keep it" if self._movie in await bot.store.history(member) else "Not now"
            row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
            asked.add_item(row.add_item(Keep(member, self._movie, _stars_of_undo(interaction.message), label)))
        await answer(interaction, asked)


def _stars_of_undo(card: discord.Message | None) -> float | None:
    """What the Undo of a rating's card brings back; None where there was no rating before."""
    parts = ui.LayoutView.from_message(card).walk_children() if card else []
    for part in parts:
        said = Say.layout.read(getattr(part, "custom_id", None) or "")
        if said and said["command"] == "rate":
            return float(said["options"]["stars"])
    return None


class Keep(Item[ui.Button[Any]], custom_id="keep:{owner}:{movie}:{stars}"):
    """From the question for stars back to the card in whose place it stands. stars: what that card's Undo brings back."""

    replaces = True

    def __init__(self, owner: int, movie: int, stars: float | None, label: str = "…") -> None:
        self._movie, self._before = movie, stars
        custom_id = self.layout.of(owner=owner, movie=movie, stars=stars)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot, member = interaction.client, interaction.user.id
        film, history = bot.serving.film(self._movie), await bot.store.history(member)
        if film.id in history:
            looks = await looking.looks_for(interaction, [film])
            await answer(
                interaction, rated(member, film, history[film.id], self._before, len(history), bot.glyphs, looks=looks)
            )
        elif film.id in await bot.store.seen(member):
            await answer(interaction, marked_as_seen(member, film))
        else:
            raise Refusal(f"You have no rating for {cards.film(film)} any more.")


def rated(
    member: int,
    film: Movie,
    stars: float,
    before: float | None,
    count: int,
    glyphs: Glyphs,
    first: str = "",
    looks: Looks = UNSEEN,
) -> ui.LayoutView:
    """The card of a rating. before: the stars it had, which Undo brings back; count: the member's ratings; first: what else is to
    be said."""
    changed = f" (it was {glyphs.stars(before)})" if before is not None and before != stars else ""
    look, about = looks.get(film.id), looking.about(film, looks)
    given = f"{glyphs.stars(stars)}  {cards.film(film)}{changed}\n-# {about} · {_encouragement(count)}"
    text = (f"{first}\n{given}" if first else given) + looking.credit([look] if look else [])
    undo = (
        Unrate(member, film.id, True)
        if before is None
        else Say(member, "rate", film.id, True, {"stars": before}, label="Undo")
    )
    more = Say(member, "similar", film.id, label="More like this")
    body = looking.pictured(text, film, looks)
    return note(body, AskStars(member, film.id, True, "Change"), undo, more, accent=cards.DONE)


def _encouragement(count: int) -> str:
    if count < 5:
        return f"{count:,} rated. Around five make good recommendations; try `/recommend`"
    return f"{count:,} rated. `/recommend` already counts this one"


class StarsSelect(Item[ui.Select[Any]], custom_id="stars:{movie}"):
    """Half a star to five."""

    replaces = True

    def __init__(self, movie: int) -> None:
        self._movie = movie
        super().__init__(stars_select(self.layout.of(movie=movie)))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await say(interaction, "rate", self._movie, {"stars": picked_stars(self.item)})


def stars_select(custom_id: str) -> ui.Select[Any]:
    """A select of half a star to five."""
    options = [
        discord.SelectOption(label=TEXT.stars(stars), description=cards.number(stars), value=str(stars))
        for stars in STARS
    ]
    return ui.Select(placeholder="Pick your stars", options=options, custom_id=custom_id)


def picked_stars(select: ui.Select[Any]) -> float | None:
    """What was picked of it; None for what it doesn't offer, which only a forged press can bring."""
    return next((stars for stars in STARS if [str(stars)] == select.values), None)


class Unrate(Item[ui.Button[Any]], custom_id="unrate:{owner}:{movie}:{replace}"):
    """Takes a rating back."""

    def __init__(self, owner: int, movie: int, replace: bool = False, label: str = "Undo") -> None:
        self._movie = movie
        custom_id = self.layout.of(owner=owner, movie=movie, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        member = interaction.user.id
        film = cards.film_of(interaction.client.serving.recommender.catalogue, self._movie)
        stars = await interaction.client.store.unrate(member, self._movie)
        if stars is None:
            raise Refusal(f"You have no rating for {film} any more.")
        undo = Say(member, "rate", self._movie, True, {"stars": stars}, label="Undo")
        text = f"Removed your {interaction.client.glyphs.stars(stars)} for {film}."
        # It may have left their watchlist with the rating.
        await answer(interaction, note(text, undo, Want(self._movie, True), accent=cards.QUIET))


class UnrateTyped(Item[ui.Button[Any]], custom_id="untyped:{owner}:{entry}:{replace}"):
    """Takes stars for a film that no data set knows back."""

    def __init__(self, owner: int, entry: int, replace: bool = False, label: str = "Undo") -> None:
        self._entry = entry
        custom_id = self.layout.of(owner=owner, entry=entry, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        removed = await interaction.client.store.unknown.remove(interaction.user.id, self._entry)
        if removed is None:
            raise Refusal("Those stars are gone already. `/ratings` shows what you rated.")
        text = f"Removed your {interaction.client.glyphs.stars(removed.stars)} for {cards.typed(removed.written)}."
        await answer(interaction, note(text, accent=cards.QUIET))


class Seen(Item[ui.Button[Any]], custom_id="seen:{movie}"):
    """Marks a film as seen by whoever presses: it is no longer recommended to them. Then it asks for stars."""

    def __init__(self, movie: int) -> None:
        self._movie = movie
        super().__init__(
            ui.Button(label="Seen it", style=discord.ButtonStyle.secondary, custom_id=self.layout.of(movie=movie))
        )

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        film = bot.serving.film(self._movie)
        await bot.store.mark_seen(interaction.user.id, self._movie, bot.now())
        await answer(interaction, marked_as_seen(interaction.user.id, film))


def marked_as_seen(member: int, film: Movie) -> ui.LayoutView:
    """The card of a mark."""
    text = (
        f"Marked {cards.film(film)} as seen. It won't be recommended to you again.\n-# How was it? A rating helps more."
    )
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(Unseen(member, film.id, True))
    return note(text, StarsSelect(film.id), accent=cards.DONE).add_item(row)


class Unseen(Item[ui.Button[Any]], custom_id="unseen:{owner}:{movie}:{replace}"):
    """Takes the mark back."""

    def __init__(self, owner: int, movie: int, replace: bool = False, label: str = "Undo") -> None:
        self._movie = movie
        custom_id = self.layout.of(owner=owner, movie=movie, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        film = cards.film_of(bot.serving.recommender.catalogue, self._movie)
        if not await bot.store.unmark_seen(interaction.user.id, self._movie):
            raise Refusal(f"{film} isn't marked as seen any more.")
        text = f"{film} is no longer marked as seen."
        await answer(interaction, note(text, Want(self._movie, True), accent=cards.QUIET))


class Unexclude(Item[ui.Button[Any]], custom_id="unexclude:{owner}:{entry}:{replace}"):
    """Takes an exclusion back."""

    def __init__(self, owner: int, entry: int, replace: bool = False, label: str = "Undo") -> None:
        self._entry = entry
        custom_id = self.layout.of(owner=owner, entry=entry, replace=replace)
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        removed = await interaction.client.store.unexclude(interaction.user.id, self._entry)
        if removed is None:
            raise Refusal("That exclusion is gone already. `/exclude list` shows what is left.")
        name = cards.exclusion(removed, interaction.client.serving.recommender.catalogue)
        await answer(interaction, note(f"No longer excluded: {name}.", accent=cards.QUIET))


class LeaveOut(Item[ui.Button[Any]], custom_id="leaveout:{owner}:{list_id}"):
    """Excludes words that hide many films. An id is too short for the words, so a saved list has them."""

    replaces = True

    def __init__(self, owner: int, list_id: int) -> None:
        self._list_id = list_id
        button: ui.Button[Any] = ui.Button(
            label="Leave them out",
            style=discord.ButtonStyle.danger,
            custom_id=self.layout.of(owner=owner, list_id=list_id),
        )
        super().__init__(button)

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        saved = await interaction.client.store.lists.get(self._list_id)
        if saved is None or saved.member != interaction.user.id or "phrases" not in saved.request:
            raise Refusal("I no longer know these words. Give them again with `/exclude words`.")
        await leave_out(interaction, saved.request["phrases"])


async def leave_out(interaction: discord.Interaction[Marquee], wanted: list[str]) -> None:
    bot, member = interaction.client, interaction.user.id
    added = await bot.store.exclude_words(member, wanted, bot.now())
    undo = [Unexclude(member, entry.id, True) for entry in added] if len(wanted) == 1 else []
    text = f"I'll leave out titles with {with_counts(bot, wanted)}.\n-# See `/exclude list`"
    await answer(interaction, note(text, *undo, accent=cards.DONE))


def with_counts(bot: Marquee, wanted: list[str]) -> str:
    """The first ten of the phrases, each with how many films it hides."""
    films = bot.serving.recommender.films
    hides = {phrase: int(films.with_phrase(phrase).sum()) for phrase in wanted[:10]}
    return cards.listing(f"“**{cards.escape(phrase)}**” ({cards.count(n, 'film')})" for phrase, n in hides.items())


class DeleteEverything(Item[ui.Button[Any]], custom_id="delete:{owner}"):
    """The one confirmation."""

    replaces = True

    def __init__(self, owner: int) -> None:
        button: ui.Button[Any] = ui.Button(
            label="Delete everything", style=discord.ButtonStyle.danger, custom_id=self.layout.of(owner=owner)
        )
        super().__init__(button)

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await interaction.response.defer()  # a file of SQLite's is written anew
        rows = await interaction.client.store.delete(interaction.user.id)
        text = (
            f"Done: {cards.count(rows, 'entry', 'entries')} deleted. Nothing is stored under your id any more.\n"
            "-# Backups made before keep it for a while: those made by the clock go in turn, others when my host removes them."
        )
        await interaction.edit_original_response(view=note(text, accent=cards.DONE))


class Page(Item[ui.Button[Any]], custom_id="page:{list_id}:{page}"):
    """Turns a list's page in place, for the member who asked for the list. Without a page it only shows where one is."""

    replaces = True

    def __init__(self, list_id: int, page: int | None, label: str = "…", disabled: bool = False) -> None:
        self._list_id, self._page = list_id, page or 0
        super().__init__(
            ui.Button(
                label=label,
                style=discord.ButtonStyle.primary,
                custom_id=self.layout.of(list_id=list_id, page=page),
                disabled=disabled,
            )
        )

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        saved = await bot.store.lists.get(self._list_id)
        if saved is None or saved.command not in bot.pages:
            raise Refusal(TOO_OLD)
        if saved.member != interaction.user.id:
            raise Refusal(
                f"Only the person who asked can turn these pages. Use `/{saved.command}` for a list of your own."
            )
        await answer(interaction, await bot.pages[saved.command](interaction, saved, self._page))


def film_buttons(movie: int) -> ui.ActionRow[ui.LayoutView]:
    """What anyone may say of a film in a list: that they have seen it, and then how it was; that they want to; or neither. There
    is room for three buttons: with them, a card of five pictures has the 40 parts that Discord allows."""
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(Seen(movie))
    row.add_item(Want(movie))
    row.add_item(Say(ANYONE, "exclude movie", movie, label="Not for me"))
    return row


def page_buttons(
    list_id: int | None, page: int, pages: int, *, counted: bool = True
) -> ui.ActionRow[ui.LayoutView] | ui.TextDisplay[ui.LayoutView] | None:
    """Back and forth; None where all fits one page. The disabled middle button tells where one is, unless the card does. Under a
    list that could not be kept, a sentence says so."""
    if pages < 2:
        return None
    if list_id is None:
        return ui.TextDisplay(UNKEPT.format(pages))
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(Page(list_id, max(page - 1, 0), "‹ Back", disabled=page == 0))
    # Not a plain ui.Button: for one, discord.py keeps the whole view in memory for good.
    if counted:
        row.add_item(Page(list_id, None, f"{page + 1} of {pages}", disabled=True))
    row.add_item(Page(list_id, min(page + 1, pages - 1), "More ›", disabled=page == pages - 1))
    return row
