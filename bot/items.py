"""The buttons and selects on films. Most of them say a command again: a press and a slash command are the same thing."""

import json
from typing import Any

import discord
from discord import ui
from discord.app_commands import Command, Group

from bot import cards
from bot.app import Marquee
from bot.gate import Item
from bot.refusal import Refusal
from bot.replies import answer, note

ANYONE = 0
STARS = [half / 2 for half in range(10, 0, -1)]
TOO_OLD = "That list is too old to turn its pages. Ask for a new one with the same command."


class Say(
    Item[ui.Button[Any]],
    template=r"say:(?P<owner>\d+):(?P<command>[a-z ]+):(?P<movie>\d+):(?P<replace>[01]):(?P<options>\{.*\})",
):
    """A button that runs a command about a film, for its owner or for anyone who presses it."""

    def __init__(
        self,
        owner: int | str,
        command: str,
        movie: int | str,
        replace: int | str = 0,
        options: str | dict[str, Any] = "{}",
        label: str = "…",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
        emoji: str | None = None,
    ) -> None:
        text = options if isinstance(options, str) else json.dumps(options, separators=(",", ":"))
        self._command, self._movie, self._options = command, int(movie), text
        custom_id = f"say:{owner}:{command}:{movie}:{int(replace)}:{text}"
        super().__init__(ui.Button(label=label[:80], style=style, emoji=emoji, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await say(interaction, self._command, self._movie, **json.loads(self._options))


async def say(interaction: discord.Interaction[Marquee], name: str, movie: int, **options: Any) -> None:
    """Run the slash command `name` on a film, as if the member had typed it."""
    command: Command[Any, ..., Any] | Group | None = None
    for part in name.split():
        found = command.get_command(part) if isinstance(command, Group) else interaction.client.tree.get_command(part)
        command = found if isinstance(found, Command | Group) else None
    if not isinstance(command, Command):
        raise LookupError(f"no command /{name}")
    film = interaction.client.serving.film(movie)
    await command.callback(command.binding, interaction, movie=film, **options)  # type: ignore[arg-type]


class AskStars(Item[ui.Button[Any]], template=r"ask:(?P<owner>\d+):(?P<movie>\d+):(?P<replace>[01])"):
    """Asks how many stars, in a private card."""

    def __init__(
        self,
        owner: int | str,
        movie: int | str,
        replace: int | str = 0,
        label: str = "Rate it",
        emoji: str | None = None,
    ) -> None:
        self._movie = int(movie)
        custom_id = f"ask:{owner}:{movie}:{int(replace)}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id, emoji=emoji))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        film = interaction.client.serving.film(self._movie)
        await answer(interaction, note(f"How many stars for {cards.film(film)}?", StarsSelect(self._movie)))


class StarsSelect(Item[ui.Select[Any]], template=r"stars:(?P<movie>\d+)"):
    """Half a star to five."""

    replaces = True

    def __init__(self, movie: int | str) -> None:
        self._movie = int(movie)
        options = [
            discord.SelectOption(label=cards.stars(value), description=cards.number(value), value=str(value))
            for value in STARS
        ]
        super().__init__(ui.Select(placeholder="Pick your stars", options=options, custom_id=f"stars:{movie}"))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await say(interaction, "rate", self._movie, stars=float(self.item.values[0]))


class Unrate(Item[ui.Button[Any]], template=r"unrate:(?P<owner>\d+):(?P<movie>\d+):(?P<replace>[01])"):
    """Takes a rating back."""

    def __init__(self, owner: int | str, movie: int | str, replace: int | str = 0, label: str = "Undo") -> None:
        self._movie = int(movie)
        custom_id = f"unrate:{owner}:{movie}:{int(replace)}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        member = interaction.user.id
        film = cards.film_of(interaction.client.serving.recommender.catalogue, self._movie)
        stars = await interaction.client.store.unrate(member, self._movie)
        if stars is None:
            raise Refusal(f"You have no rating for {film} any more.")
        undo = Say(member, "rate", self._movie, True, {"stars": stars}, label="Undo")
        await answer(interaction, note(f"Removed your {cards.stars(stars)} for {film}.", undo, accent=cards.QUIET))


class Seen(Item[ui.Button[Any]], template=r"seen:(?P<movie>\d+)"):
    """Marks a film as seen by whoever presses: it is no longer recommended to them."""

    def __init__(self, movie: int | str) -> None:
        self._movie = int(movie)
        super().__init__(ui.Button(label="Seen it", style=discord.ButtonStyle.secondary, custom_id=f"seen:{movie}"))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        film = bot.serving.film(self._movie)
        await bot.store.mark_seen(interaction.user.id, self._movie, bot.now())
        text = f"Marked {cards.film(film)} as seen. It won't be recommended to you again.\n-# How was it? A rating helps more."
        buttons = AskStars(interaction.user.id, self._movie, True), Unseen(interaction.user.id, self._movie, True)
        await answer(interaction, note(text, *buttons, accent=cards.DONE))


class Unseen(Item[ui.Button[Any]], template=r"unseen:(?P<owner>\d+):(?P<movie>\d+):(?P<replace>[01])"):
    """Takes the mark back."""

    def __init__(self, owner: int | str, movie: int | str, replace: int | str = 0, label: str = "Undo") -> None:
        self._movie = int(movie)
        custom_id = f"unseen:{owner}:{movie}:{int(replace)}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        film = cards.film_of(bot.serving.recommender.catalogue, self._movie)
        if not await bot.store.unmark_seen(interaction.user.id, self._movie):
            raise Refusal(f"{film} isn't marked as seen any more.")
        await answer(interaction, note(f"{film} is no longer marked as seen.", accent=cards.QUIET))


class Unexclude(Item[ui.Button[Any]], template=r"unexclude:(?P<owner>\d+):(?P<entry>\d+):(?P<replace>[01])"):
    """Takes an exclusion back."""

    def __init__(self, owner: int | str, entry: int | str, replace: int | str = 0, label: str = "Undo") -> None:
        self._entry = int(entry)
        custom_id = f"unexclude:{owner}:{entry}:{int(replace)}"
        super().__init__(ui.Button(label=label, style=discord.ButtonStyle.secondary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        removed = await interaction.client.store.unexclude(interaction.user.id, self._entry)
        if removed is None:
            raise Refusal("That exclusion is gone already. `/exclude list` shows what is left.")
        name = cards.exclusion(removed, interaction.client.serving.recommender.catalogue)
        await answer(interaction, note(f"No longer excluded: {name}.", accent=cards.QUIET))


class Page(Item[ui.Button[Any]], template=r"page:(?P<list_id>\d+):(?P<page>\d+|here)"):
    """Turns a list's page in place, for the member who asked for the list. The page "here" only tells where one is."""

    replaces = True

    def __init__(self, list_id: int | str, page: int | str, label: str = "…", disabled: bool = False) -> None:
        self._list_id, self._page = int(list_id), 0 if page == "here" else int(page)
        super().__init__(
            ui.Button(
                label=label, style=discord.ButtonStyle.primary, custom_id=f"page:{list_id}:{page}", disabled=disabled
            )
        )

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        bot = interaction.client
        saved = await bot.store.saved_list(self._list_id)
        if saved is None:
            raise Refusal(TOO_OLD)
        if saved.member != interaction.user.id:
            raise Refusal(
                f"Only the person who asked can turn these pages. Use `/{saved.command}` for a list of your own."
            )
        await answer(interaction, await bot.pages[saved.command](saved, self._page))


def film_buttons(movie: int) -> ui.ActionRow[ui.LayoutView]:
    """What anyone may do with a film in a list."""
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(AskStars(ANYONE, movie))
    row.add_item(Seen(movie))
    row.add_item(Say(ANYONE, "exclude movie", movie, label="Not for me"))
    return row


def page_buttons(list_id: int, page: int, pages: int) -> ui.ActionRow[ui.LayoutView] | None:
    """Back and forth; None where all fits one page. The disabled middle button tells where one is."""
    if pages < 2:
        return None
    row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
    row.add_item(Page(list_id, max(page - 1, 0), "‹ Back", disabled=page == 0))
    # No plain button: discord.py would keep the whole view in memory for it.
    row.add_item(Page(list_id, "here", f"{page + 1} of {pages}", disabled=True))
    row.add_item(Page(list_id, min(page + 1, pages - 1), "More ›", disabled=page == pages - 1))
    return row


ALL = (Say, AskStars, StarsSelect, Unrate, Seen, Unseen, Unexclude, Page)


async def setup(bot: Marquee) -> None:
    bot.add_dynamic_items(*ALL)
