"""/night: a movie night from the first question to the ratings afterwards."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any, cast

import discord
from discord import app_commands, ui
from discord.app_commands import Choice
from discord.ext import commands

from bot import cards, filtering, languages, regions, services, zones
from bot.app import Marquee
from bot.discord_faults import DISCORD_FAULTS
from bot.gate import refusable
from bot.looking import UNSEEN
from bot.night import clock, history, later, look, presses, steps, suggesting, years
from bot.night.board import announced, link, refresh
from bot.night.reading import read_night
from bot.options import DECADE_OR_ANY, FromYear, Genre, LanguageOrAny, MinutesOrAny, ToYear, film_choices
from bot.refusal import Refusal
from bot.replies import Card, answer, note
from bot.store import GuildSettings, Lists, Night, NightWish, SavedList, SeenRule
from bot.store.nights import MOST_MEMBERS
from bot.when import moment
from recommender import STYLES
from recommender.text import visible

STYLE: list[Choice[str]] = [Choice(name=style, value=style) for style in STYLES]
SEEN = [
    Choice(name="none of us has seen it", value="nobody"),
    Choice(name="most of us have not seen it", value="few"),
    Choice(name="it doesn't matter", value="any"),
]
MINUTES: list[Choice[int]] = [
    Choice(name=name, value=value)
    for name, value in (("15 minutes", 15), ("1 hour", 60), ("6 hours", 360), ("1 day", 1440), ("3 days", 4320))
]
FROM = [Choice(name="our watchlists", value="watchlists"), Choice(name="this server's list", value="later")]
# Offered before a time is typed.
EVENINGS = ["tomorrow", "in 2 days", "in 3 days", "in a week"]
# How a server's usual is shown.
FILTERS: dict[str, Callable[[Any], str]] = {
    "max_minutes": str,
    "language": languages.name,
    "decade": cards.decade,
}
FIRST_YEAR, LAST_YEAR = 2015, 2100  # Discord's first; more than enough
HOSTS = [Choice(name="everyone", value="everyone"), Choice(name="who manages events", value="managers")]


@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
class NightCog(commands.GroupCog, name="night", description="A movie night for the people in the channel"):
    """Movie nights."""

    def __init__(self, bot: Marquee) -> None:
        super().__init__()
        self.bot = bot
        bot.pages.update({"night history": self.history_page, "night later": self.later_page})

    @app_commands.command()
    @app_commands.describe(
        title="What to call the evening",
        when="When it begins, for example: fri 21:00, tomorrow 8pm, in 2 hours",
        seen="May it be a film that some of you have seen?",
        genre="Only this genre",
        from_year="Not older than this",
        to_year="Not newer than this",
        max_minutes="Not longer than so many minutes; 0 for any length",
        language="Only films made in this language",
        decade="Only films of these ten years",
        style="How to choose for the group",
        from_="Pick what you want to see first, or what lost a vote here before: see /night later",
        on_our_services="Pick only films on this server's streaming services",
        closes="How long the vote stays open; without it, until two hours before the evening",
    )
    @app_commands.rename(from_="from")
    @app_commands.choices(style=STYLE, seen=SEEN, from_=FROM)
    @app_commands.choices(closes=MINUTES, decade=DECADE_OR_ANY)
    @refusable
    async def start(
        self,
        interaction: discord.Interaction[Marquee],
        title: app_commands.Range[str, 1, 80] | None = None,
        when: app_commands.Range[str, 1, 60] | None = None,
        seen: str | None = None,
        genre: Genre | None = None,
        from_year: FromYear | None = None,
        to_year: ToYear | None = None,
        max_minutes: MinutesOrAny | None = None,
        language: LanguageOrAny | None = None,
        decade: int | None = None,
        style: str | None = None,
        from_: str | None = None,
        on_our_services: bool = False,
        closes: int | None = None,
    ) -> None:
        """Ask who is in, find films that suit you all, and vote."""
        bot = self.bot
        _ = bot.serving  # refuses while there is no model
        guild, channel = _place(interaction)
        settings = await bot.store.nights.settings(guild.id)
        _may_host(interaction, settings)
        _check_sight(interaction)
        asked = {"genre": genre, "from_year": from_year, "to_year": to_year}
        asked |= {"max_minutes": max_minutes, "language": language, "decade": decade}
        usual = filtering.usual(settings.usual, asked)
        filters = {name: value or None for name, value in asked.items()} | usual
        style, rule = style or settings.style, cast("SeenRule", seen or settings.seen)
        lists = cast("Lists | None", from_)
        wish = NightWish(visible(title or "") or None, rule, style, closes, on_our_services, lists, **filters)
        filtering.admitted(bot.serving, wish, usual)  # refuses where no film can be picked
        if on_our_services:
            await services.where(bot, guild.id)
        if lists == "later" and not await bot.store.past.later(guild.id):
            raise Refusal(later.NOTHING)
        starts_at = None if when is None else int(self._moment(when, settings).timestamp())
        people = [interaction.user.id, *_in_voice(interaction)][:MOST_MEMBERS]
        fit = filtering.counted(bot.serving, wish)
        night = await bot.store.nights.start(guild.id, channel, wish, starts_at, people, bot.now(), fit)
        if night is None:
            raise Refusal(
                "An evening is being decided in this channel already: see `/night status`. For another at the same time, use a "
                "thread or another channel."
            )
        async with steps.editing(night.id):
            try:
                reading = await read_night(bot.store, night)
                await answer(interaction, look.card(bot, reading, UNSEEN), share=True)  # no film is in yet
            except DISCORD_FAULTS:
                # A night without a card can't be used, and would keep the channel from starting another.
                await bot.store.nights.change(night.id, ["gathering"], "cancelled", bot.now())
                raise
            message = await interaction.original_response()
            await bot.store.nights.set_message(night.id, message.id)
        if night.starts_at is not None:
            await announced(bot, night.id)

    @start.autocomplete("when")
    async def _times(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        """How the text is read, as an absolute time that is read as the same minute later; or why it can't be."""
        settings = await self.bot.store.nights.settings(_place(interaction)[0].id)
        texts = [typed] if typed.strip() else EVENINGS
        return [self._reading(text, settings) for text in texts]

    def _reading(self, text: str, settings: GuildSettings) -> Choice[str]:
        now = datetime.fromtimestamp(self.bot.now(), UTC)
        try:
            read = self._moment(text, settings)
        except Refusal as refusal:
            return Choice(name=str(refusal).replace("`", "")[:100], value=text[:100])
        name = cards.evening(read, zones.zone(settings.time_zone), now)
        return Choice(name=name, value=f"{read:%Y-%m-%d %H:%M} UTC")

    @app_commands.command()
    @app_commands.describe(movie="Any part of the title; one I don't know is put in as you type it")
    @refusable
    async def suggest(self, interaction: discord.Interaction[Marquee], movie: app_commands.Range[str, 1, 100]) -> None:
        """Put a film of your own to the vote."""
        await suggesting.suggest(interaction, await self._current(interaction), movie)

    @suggest.autocomplete("movie")
    async def _films(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        return await film_choices(self.bot, interaction.user.id, typed)

    @app_commands.command()
    @refusable
    async def status(self, interaction: discord.Interaction[Marquee]) -> None:
        """How this channel's evening stands, and the way to its card."""
        night = await self._current(interaction)
        _ = self.bot.serving  # refuses while there is no model
        await interaction.response.defer(ephemeral=True)  # a card that somebody deleted is shown anew
        night = await refresh(self.bot, night.id)
        reading = await read_night(self.bot.store, night)
        looks = await look.looks_of(self.bot, reading, patience=0)  # the card has just waited for them
        await answer(interaction, look.status(self.bot, reading, looks, link(night)))

    @app_commands.command()
    @refusable
    async def cancel(self, interaction: discord.Interaction[Marquee]) -> None:
        """Call this channel's evening off."""
        night = await self._current(interaction)
        if night.over:
            raise steps.WrongState(night)
        await steps.check_host(self.bot, night, interaction.user)
        await interaction.response.defer(ephemeral=True)  # removing the event may take longer than 3 s
        await steps.cancel(self.bot, night)
        await refresh(self.bot, night.id)
        await answer(interaction, note("The evening is cancelled.", accent=cards.QUIET))

    @app_commands.command()
    @app_commands.describe(year="That year in one picture", share="Show it to everyone here")
    @refusable
    async def history(
        self,
        interaction: discord.Interaction[Marquee],
        year: app_commands.Range[int, FIRST_YEAR, LAST_YEAR] | None = None,
        share: bool = False,
    ) -> None:
        """What was watched here, when, and how you liked it."""
        guild, _ = _place(interaction)
        past, catalogue = await history.read_past(self.bot.store, guild.id), self.bot.serving.recommender.catalogue
        if year is not None:
            evenings = years.evenings(past, year)
            await interaction.response.defer(ephemeral=not share, thinking=True)
            told = await years.told(self.bot, guild, past, year, evenings)
            view, drawn = await years.card(told, past, catalogue)
            await answer(interaction, view, share=share, file=drawn)
            return
        request = {"guild": guild.id}
        saved = await self.bot.store.lists.save(interaction.user.id, "night history", request, [], self.bot.now())
        await answer(interaction, history.page(past, catalogue, saved, 0, self.bot.glyphs), share=share)
        # In a message of its own below, so that it stays while pages are turned.
        if (file := await history.year(past, catalogue, self.bot.now())) is not None:
            gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery(
                discord.MediaGalleryItem(file, description="Your evenings and their stars")
            )
            await answer(interaction, Card().add_item(gallery), share=share, file=file)

    async def history_page(self, _: discord.Interaction[Marquee], saved: SavedList, page: int) -> ui.LayoutView:
        past = await history.read_past(self.bot.store, saved.request["guild"])
        return history.page(past, self.bot.serving.recommender.catalogue, saved, page, self.bot.glyphs)

    @app_commands.command()
    @refusable
    async def later(self, interaction: discord.Interaction[Marquee]) -> None:
        """What lost a vote here or was suggested and not watched, for other evenings."""
        request = {"guild": _place(interaction)[0].id}
        saved = await self.bot.store.lists.save(interaction.user.id, "night later", request, [], self.bot.now())
        await answer(interaction, await self.later_page(interaction, saved, 0))

    async def later_page(self, _: discord.Interaction[Marquee], saved: SavedList, page: int) -> ui.LayoutView:
        films = await self.bot.store.past.later(saved.request["guild"])
        return later.page(films, self.bot.serving.recommender.catalogue, saved, page)

    @app_commands.command()
    @app_commands.describe(
        time_zone="For what people type as a time, for example: Europe/Berlin",
        style="How to choose, unless an evening says otherwise",
        seen="May it be a film that some have seen, unless an evening says otherwise?",
        max_minutes="Not longer than so many minutes, unless an evening says otherwise; 0 for any length",
        language="Only films made in this language, unless an evening says otherwise",
        decade="Only films of these ten years, unless an evening says otherwise",
        hosts="Who may start an evening",
        reminders="Tell the channel a quarter of an hour before",
        fairness="Whoever got least out of the last evenings weighs more",
        region="In which country you watch, for age ratings and services; any: take it off",
        services="What you watch films on, for example: Netflix, Disney+; any: take them off",
    )
    @app_commands.choices(style=STYLE, seen=SEEN, hosts=HOSTS)
    @app_commands.choices(decade=DECADE_OR_ANY)
    @refusable
    async def settings(
        self,
        interaction: discord.Interaction[Marquee],
        time_zone: str | None = None,
        style: str | None = None,
        seen: str | None = None,
        max_minutes: MinutesOrAny | None = None,
        language: LanguageOrAny | None = None,
        decade: int | None = None,
        hosts: str | None = None,
        reminders: bool | None = None,
        fairness: bool | None = None,
        region: app_commands.Range[str, 1, 60] | None = None,
        services: app_commands.Range[str, 1, 200] | None = None,
    ) -> None:
        """How this server holds its evenings. Without options: how it does now."""
        guild, _ = _place(interaction)
        wanted: dict[str, Any] = {
            "time_zone": None if time_zone is None else zones.shown(zones.zone(time_zone)),
            "style": style,
            "seen": seen,
            "hosts": hosts,
            "reminders": reminders,
            "fairness": fairness,
        }
        filters = {"max_minutes": max_minutes, "language": language, "decade": decade}
        changed = {key: value for key, value in wanted.items() if value is not None}
        changed |= _place_of_watching(region, services)
        changed |= {key: value or None for key, value in filters.items() if value is not None}
        if changed:
            if not interaction.permissions.manage_guild:
                raise Refusal(
                    "Only somebody who manages this server can change that. Without options I show how it is."
                )
            if any(filters.values()):  # refuses what would leave evenings without films
                settings = replace(await self.bot.store.nights.settings(guild.id), **changed)
                filtering.admitted(self.bot.serving, settings.usual)
            await self.bot.store.nights.change_settings(guild.id, **changed)
        settings = await self.bot.store.nights.settings(guild.id)
        shown = "\n".join(
            f"**{key.replace('_', ' ')}** {_shown(key, value)}" for key, value in asdict(settings).items()
        )
        hint = "" if changed else "\n-# To change one, give it as an option: `/night settings time_zone: Europe/Berlin`"
        accent = cards.DONE if changed else cards.ACCENT
        await answer(interaction, note(f"### Movie nights here\n{shown}{hint}", accent=accent))

    @settings.autocomplete("region")
    async def _regions(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        return [Choice(name=regions.shown(code), value=code) for code in regions.region_choices(typed)]

    @settings.autocomplete("services")
    async def _services(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        """Names that films in the region have been seen with; others may be typed."""
        settings = await self.bot.store.nights.settings(_place(interaction)[0].id)
        region = regions.found(interaction.namespace.region or "") or settings.region
        known = await self.bot.looks.services(region) if self.bot.looks is not None and region else []
        return [Choice(name=value, value=value) for value in services.choices(typed, known)]

    @settings.autocomplete("time_zone")
    async def _zones(self, interaction: discord.Interaction[Marquee], typed: str) -> list[Choice[str]]:
        return [Choice(name=name, value=name) for name in zones.zone_choices(typed)]

    def _moment(self, text: str, settings: GuildSettings) -> datetime:
        return moment(text, zones.zone(settings.time_zone), datetime.fromtimestamp(self.bot.now(), UTC))

    async def _current(self, interaction: discord.Interaction[Marquee]) -> Night:
        night = await self.bot.store.nights.latest(_place(interaction)[1])
        if night is None:
            raise Refusal("No evening is planned in this channel. Begin one with `/night start`.")
        return night


def _place(interaction: discord.Interaction[Any]) -> tuple[discord.Guild, int]:
    if interaction.guild is None or interaction.channel_id is None:
        raise Refusal("Movie nights are for servers: use this in one of a server's channels.")
    return interaction.guild, interaction.channel_id


def _may_host(interaction: discord.Interaction[Any], settings: GuildSettings) -> None:
    if settings.hosts == "managers" and not steps.manages_events(interaction.user):
        raise Refusal("On this server only those who manage events can start an evening. Ask one of them.")


def _check_sight(interaction: discord.Interaction[Any]) -> None:
    """Discord lets a bot answer in a channel it can't see, but not edit the answer later."""
    if not interaction.app_permissions.view_channel:
        raise Refusal(
            "I can't see this channel, so I couldn't keep the evening's card up to date. Let me view it, or start the evening in "
            "another channel."
        )


def _in_voice(interaction: discord.Interaction[Any]) -> list[int]:
    """Who is in the caller's voice channel, by its voice states: members need not be cached."""
    voice = getattr(interaction.user, "voice", None)
    if voice is None or voice.channel is None:
        return []
    guild = voice.channel.guild
    bots = {member.id for member in guild.members if member.bot}  # only cached members; a bot that plays music is one
    return [member for member in voice.channel.voice_states if member not in {*bots, interaction.client.user.id}]


def _place_of_watching(region: str | None, named: str | None) -> dict[str, Any]:
    """What of it is to change."""
    changed: dict[str, Any] = {}
    if region is not None:
        changed["region"] = None if services.is_none(region) else regions.region(region)
    if named is not None:
        changed["services"] = services.read(named)
    return changed


def _shown(key: str, value: Any) -> str:
    names: dict[object, str] = {choice.value: choice.name for choice in (*SEEN, *HOSTS)}
    if isinstance(value, bool):
        return "on" if value else "off"
    if key in FILTERS:
        return FILTERS[key](value) if value else "any"
    if value is None or value == ():
        return "not set"
    if isinstance(value, tuple):
        return cards.escape(", ".join(value), 200)
    return cards.escape(names.get(value, regions.shown(str(value))), 60)


async def setup(bot: Marquee) -> None:
    await presses.setup(bot)
    await suggesting.setup(bot)
    await clock.setup(bot)
    await bot.add_cog(NightCog(bot))
