"""Ratings that members bring from elsewhere: what a file would change is shown first, and written once they take it."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot import cards
from bot.app import Marquee
from bot.asking import Best
from bot.discord_faults import DISCORD_FAULTS
from bot.export import sheet
from bot.gate import Item
from bot.glyphs import Glyphs
from bot.imports.matching import matches
from bot.imports.opening import LARGE, UPLOADED
from bot.imports.plan import KEPT, LEFT_OUT, Own, Plan, Summary
from bot.imports.reading import read
from bot.imports.rows import Row, Unreadable
from bot.refusal import Refusal
from bot.replies import UNFIT, Card, note
from bot.store import Store, Taken
from bot.store.unknown import title_of
from recommender import Catalogue

SCALES = (5, 10, 100)
CHUNK = 2000  # rows that are looked for between two sights of how far it is: a second's work
UNCLEAR_AT_ONCE = 5
BUSY = "I'm still reading your last file. Wait for what it says, or for me to refuse it."
GONE = "That file waits no more: you took it already, or another came after it. Upload it again with `/import file`."
NOT_LAST = "That import can't be undone: it was undone already, there is a later one, or it was over 30 days ago."
NO_LAST = "You have no import that I could undo. I remember the last one for 30 days."
IN_FILE = "What I couldn't take is in the file, with the reason in each row."
NO_DOWNLOAD = "Discord didn't give me that file. Please upload it again."
DOWNLOAD_SECONDS = 60  # others' files wait meanwhile


def check(interaction: discord.Interaction[Marquee], file: discord.Attachment) -> None:
    """Refuse a file that is too large before it is downloaded, and a second one at a time."""
    _ = interaction.client.serving  # without a model no film is known
    if file.size > UPLOADED:
        raise Unreadable(LARGE)
    if interaction.user.id in interaction.client.reading:
        raise Refusal(BUSY)


async def arrive(interaction: discord.Interaction[Marquee], file: discord.Attachment, scale: int | None = None) -> None:
    """Read a file and say what it would change, in the answer that was promised. scale: out of how many its ratings are, where
    that was asked."""
    check(interaction, file)
    bot, member = interaction.client, interaction.user.id
    bot.reading.add(member)
    try:
        async with bot.reads:
            data = await _download(file)
            said = await asyncio.to_thread(read, data, scale, file.filename)
            if said.highest is not None:
                await _ask_scale(interaction, said.highest, discord.File(io.BytesIO(data), file.filename))
                return
            films = await _films(interaction, said.rows)
    finally:
        bot.reading.discard(member)
    await _keep(interaction, Plan(said.source, said.rows, films, said.skipped))


async def _download(file: discord.Attachment) -> bytes:
    try:
        async with asyncio.timeout(DOWNLOAD_SECONDS):
            return await file.read()
    except DISCORD_FAULTS as error:
        raise Refusal(NO_DOWNLOAD) from error


async def _films(interaction: discord.Interaction[Marquee], rows: Sequence[Row]) -> list[tuple[int, ...]]:
    """The films that each row may mean; of a long file it is shown how far this is."""
    serving, found = interaction.client.serving, list[tuple[int, ...]]()
    for start in range(0, len(rows), CHUNK):
        if start:
            text = f"Looking for {len(rows):,} films.\n{cards.progress_bar(start / len(rows))}"
            await interaction.edit_original_response(view=note(text, accent=cards.ACCENT), attachments=[])
        part = rows[start : start + CHUNK]
        found += await asyncio.to_thread(matches, part, serving.recommender.films, serving.titles)
    return found


async def _keep(interaction: discord.Interaction[Marquee], plan: Plan) -> None:
    """Let a plan wait, if there is anything to take, and show it."""
    store, member = interaction.client.store, interaction.user.id
    summary = await asyncio.to_thread(plan.summary, await own(store, member))
    if not summary.anything:
        left = await _left(plan)
        why = f"\n-# {IN_FILE}" if left is not None else ""
        text = f"{_heading(plan)}\nThere is nothing to take: {_nothing(summary)}.{why}"
        await _show(interaction, note(text, accent=cards.QUIET), left)
        return
    key = await store.imports.keep(member, plan.source, await asyncio.to_thread(plan.to_json), interaction.client.now())
    await _show(interaction, _waiting(plan, summary, member, key, theirs=False))


async def own(store: Store, member: int) -> Own:
    """What a member has here already."""
    unknown = await store.unknown.ratings(member)
    return Own(
        stars=await store.history(member),
        seen=(await store.seen(member)).keys(),
        wanted=(await store.watchlists.of(member)).keys(),
        unknown_stars={title_of(entry.written): entry.stars for entry in unknown},
        unknown_marks={title_of(entry.written) for entry in await store.unknown.marks(member)},
    )


async def _show(
    interaction: discord.Interaction[Marquee], view: ui.LayoutView, file: discord.File | None = None
) -> None:
    """Put a card in the place of the one that was there, or of the answer that was promised; a file stands below it."""
    if file is not None:
        view.add_item(ui.File(file))  # without that, Discord shows no file beside a card
    await interaction.edit_original_response(view=view, attachments=[] if file is None else [file])


async def _ask_scale(interaction: discord.Interaction[Marquee], highest: float, file: discord.File) -> None:
    """Ask out of how many the ratings are. The card holds the file until then."""
    text = (
        "### Out of how many stars?\n"
        f"I can't tell what scale these ratings have; the highest is {cards.number(highest)}. What is the best one can give?"
    )
    container = _card(text, *(Scale(interaction.user.id, scale) for scale in SCALES if scale >= highest))
    await _show(interaction, Card().add_item(container), file)


def _card(text: str, *buttons: ui.Item[Any]) -> ui.Container[ui.LayoutView]:
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(text), accent_colour=cards.ACCENT)
    return container.add_item(ui.ActionRow(*buttons)) if buttons else container


class Scale(Item[ui.Button[Any]], custom_id="importscale:{owner}:{scale}"):
    """Says out of how many the ratings of a file are, which the card holds."""

    replaces = True

    def __init__(self, owner: int, scale: int) -> None:
        self._scale = scale
        custom_id = self.layout.of(owner=owner, scale=scale)
        super().__init__(ui.Button(label=f"Out of {scale}", style=discord.ButtonStyle.primary, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        files = interaction.message.attachments if interaction.message else []
        if self._scale not in SCALES or len(files) != 1:
            raise Refusal(UNFIT)
        check(interaction, files[0])
        await interaction.response.defer()
        await arrive(interaction, files[0], self._scale)


# What a file would change


def _heading(plan: Plan) -> str:
    return f"### {cards.escape(plan.source)}: {cards.count(len(plan.rows) + len(plan.skipped), 'row')}"


def _nothing(summary: Summary) -> str:
    """Why there is nothing to take."""
    if summary.same:
        return "all that it says is here already"
    return "no row of it is a film that I could read" if summary.not_films or summary.unreadable else "it is empty"


def _waiting(plan: Plan, summary: Summary, member: int, key: int, theirs: bool) -> ui.LayoutView:
    """What a plan would change, and what can be done with it. theirs: the file's stars would take the place of others."""
    new = cards.listing(kinds) if (kinds := _kinds(summary.rated, summary.seen, summary.wanted)) else ""
    others = "the file's take their place" if theirs else "yours stay"
    lines = (
        new and f"**New:** {new}",
        summary.changed and f"**Changed:** {cards.count(summary.changed, 'film')} with other stars here: {others}",
        summary.same and f"**The same:** {summary.same:,}, as you have them here",
        summary.unclear and f"**Unclear:** {summary.unclear:,} could be one film or another",
        summary.unknown and f"**Not known:** {summary.unknown:,}. I keep the titles: they count once I know the films",
        summary.not_films and f"**Not films:** {summary.not_films:,}",
        summary.unreadable and f"**Unreadable:** {summary.unreadable:,}",
    )
    told = "\n".join(line for line in lines if line)
    text = f"{_heading(plan)}\n{told}\n-# Nothing is saved before you take it. What I can't take comes back with the reason."
    actions = ["take", *(["whose"] if summary.changed else []), *(["settle"] if summary.unclear else []), "drop"]
    container = _card(text, *(Press(member, action, key, theirs) for action in actions))
    return Card().add_item(container)


def _kinds(rated: int, seen: int, wanted: int) -> list[str]:
    """So many of each kind, in words; nothing for none."""
    parts = (
        rated and cards.count(rated, "rating"),
        seen and f"{seen:,} seen",
        wanted and f"{wanted:,} for your watchlist",
    )
    return [part for part in parts if part]


async def _left(plan: Plan, taken: Taken | None = None) -> discord.File | None:
    """What can't be taken, as a file; None if it is nothing."""
    rows = await asyncio.to_thread(plan.left, taken.no_room if taken else frozenset())
    return discord.File(io.BytesIO(await asyncio.to_thread(sheet, rows)), "not-taken.csv") if rows else None


async def _plan(interaction: discord.Interaction[Marquee], key: int) -> Plan:
    """The plan that waits; a Refusal if it doesn't any more."""
    waiting = await interaction.client.store.imports.waiting(interaction.user.id, key)
    if waiting is None:
        raise Refusal(GONE)
    return await asyncio.to_thread(Plan.from_json, waiting.plan, waiting.picks)


# What can be done with it


async def _summarise(interaction: discord.Interaction[Marquee], key: int, theirs: bool) -> None:
    store, member = interaction.client.store, interaction.user.id
    plan = await _plan(interaction, key)
    summary = await asyncio.to_thread(plan.summary, await own(store, member))
    await _show(interaction, _waiting(plan, summary, member, key, theirs))


async def _take(interaction: discord.Interaction[Marquee], key: int, theirs: bool) -> None:
    bot, member = interaction.client, interaction.user.id
    plan = await _plan(interaction, key)
    brought = await asyncio.to_thread(plan.brought, bot.now())
    taken = await bot.store.imports.take(member, key, brought, theirs, bot.now())
    if taken is None:
        raise Refusal(GONE)
    left = await _left(plan, taken)
    last = await bot.store.imports.last(member)
    undo = [Press(member, "undo", last.id)] if last is not None and taken.anything else []
    container = _card(_taken(plan, taken, await bot.store.rating_count(member), left is not None))
    container.add_item(ui.ActionRow(Best("Show my list"), *undo))
    await _show(interaction, Card().add_item(container), left)


def _taken(plan: Plan, taken: Taken, count: int, left: bool) -> str:
    parts = (
        *_kinds(taken.ratings, taken.seen, taken.wanted),
        taken.changed and f"{taken.changed:,} with other stars than before",
        taken.unknown and f"{taken.unknown:,} kept by title until I know the films",
    )
    told = [part for part in parts if part]
    text = f"{cards.listing(told)}." if told else "Nothing changed: all of it was here already."
    notes = (
        f"You have rated {cards.count(count, 'film')}, and all of them count from now on.",
        IN_FILE if left else "",
        "*Undo* takes all of it back; so does `/import undo`, for 30 days." if taken.anything else "",
    )
    return f"### Taken from {cards.escape(plan.source)}\n{text}\n-# {' '.join(filter(None, notes))}"


async def _drop(interaction: discord.Interaction[Marquee], key: int, _: bool) -> None:
    await interaction.client.store.imports.drop(interaction.user.id, key)
    text = "Nothing of that file was saved. `/import file` takes it whenever you like."
    await _show(interaction, note(text, accent=cards.QUIET))


async def _undo(interaction: discord.Interaction[Marquee], key: int, _: bool) -> None:
    if await interaction.client.store.imports.undo(interaction.user.id, key) is None:
        raise Refusal(NOT_LAST)
    text = "Undone: what was here before that import is here again. What you changed since stays as you left it."
    await _show(interaction, note(text, accent=cards.DONE))


async def last_import(interaction: discord.Interaction[Marquee]) -> ui.LayoutView:
    """The card that offers to undo the last import."""
    last = await interaction.client.store.imports.last(interaction.user.id)
    if last is None:
        raise Refusal(NO_LAST)
    text = (
        f"Your last import came from **{cards.escape(last.source)}**, <t:{last.taken_at}:R>.\n"
        "-# *Undo* brings back what was here before. What you changed since stays."
    )
    return note(text, Press(interaction.user.id, "undo", last.id), accent=cards.ACCENT)


async def _settle(interaction: discord.Interaction[Marquee], key: int, theirs: bool) -> None:
    """Ask which films the next unclear rows are; after the last, show what the file would change now."""
    plan, bot = await _plan(interaction, key), interaction.client
    unclear = await asyncio.to_thread(lambda: plan.unclear)
    if not unclear:
        await _summarise(interaction, key, theirs)
        return
    more = f"{len(unclear):,} left. " if len(unclear) > UNCLEAR_AT_ONCE else ""
    container = _card(f"### Which films are these?\n-# {more}What you don't settle comes back in the file.")
    for place in unclear[:UNCLEAR_AT_ONCE]:
        container.add_item(ui.TextDisplay(_asked(plan.rows[place], bot.glyphs)))
        films = _choices(plan.films[place], bot.serving.recommender.catalogue)
        container.add_item(ui.ActionRow(Pick(interaction.user.id, key, place, theirs, films)))
    container.add_item(ui.ActionRow(Press(interaction.user.id, "back", key, theirs)))
    await _show(interaction, Card().add_item(container))


def _asked(row: Row, glyphs: Glyphs) -> str:
    year = "" if row.year is None else f" ({row.year})"
    said = glyphs.stars(row.stars) if row.stars is not None else "Seen" if row.kind == "seen" else "Wanted"
    return f"{said}  {cards.typed(row.written + year)}"


def _choices(films: Sequence[int], catalogue: Catalogue) -> dict[int, str]:
    """What an unclear row may be: a film, or neither of them."""
    known = {film.id: cards.button(film) for each in films if (film := catalogue.get(each)) is not None}
    return known | {KEPT: "None of these: keep the title", LEFT_OUT: "Leave it out"}


class Pick(Item[ui.Select[Any]], custom_id="importpick:{owner}:{entry}:{row}:{on}"):
    """Says which film an unclear row is. on: as in `Press`."""

    replaces = True

    def __init__(self, owner: int, entry: int, row: int, on: bool, films: Mapping[int, str] | None = None) -> None:
        self._entry, self._place, self._on = entry, row, on
        options = [discord.SelectOption(label=label, value=str(film)) for film, label in (films or {}).items()]
        custom_id = self.layout.of(owner=owner, entry=entry, row=row, on=on)
        super().__init__(ui.Select(placeholder="Which film is it?", options=options, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        await interaction.response.defer()
        plan = await _plan(interaction, self._entry)
        could_be = (*plan.films[self._place], KEPT, LEFT_OUT) if self._place < len(plan.rows) else ()
        picked = [each for each in could_be if [str(each)] == self.item.values]
        if not picked:
            raise Refusal(UNFIT)
        await interaction.client.store.imports.pick(interaction.user.id, self._entry, self._place, picked[0])
        await _settle(interaction, self._entry, self._on)


ACTIONS: Mapping[str, Callable[[discord.Interaction[Marquee], int, bool], Awaitable[None]]] = {
    "take": _take,
    "whose": lambda interaction, key, theirs: _summarise(interaction, key, not theirs),
    "settle": _settle,
    "back": _summarise,
    "drop": _drop,
    "undo": _undo,
}


class Press(Item[ui.Button[Any]], custom_id="import:{owner}:{action}:{entry}:{on}"):
    """Does something with an import. on: where both have stars, the file's are taken."""

    replaces = True

    def __init__(self, owner: int, action: str, entry: int, on: bool = False) -> None:
        self._action, self._entry, self._on = action, entry, on
        label = {
            "take": "Take it",
            "whose": "Keep my stars" if on else "Use the file's stars",
            "settle": "Settle unclear ones",
            "back": "Done",
            "drop": "Not now",
            "undo": "Undo",
        }.get(action, "…")
        style = discord.ButtonStyle.primary if action in ("take", "back") else discord.ButtonStyle.secondary
        custom_id = self.layout.of(owner=owner, action=action, entry=entry, on=on)
        super().__init__(ui.Button(label=label, style=style, custom_id=custom_id))

    async def act(self, interaction: discord.Interaction[Marquee]) -> None:
        if self._action not in ACTIONS:
            raise Refusal(UNFIT)
        await interaction.response.defer()  # a long file takes seconds to write
        await ACTIONS[self._action](interaction, self._entry, self._on)
