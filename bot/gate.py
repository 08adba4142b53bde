"""What every command and every button goes through: one gate before it, one error handler after it."""

import logging
import math
from collections import deque
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import wraps
from re import Match
from typing import Any, ClassVar, Self, TypeVar, cast

import discord
from discord import AppCommandOptionType, app_commands, ui
from discord.ext import commands

from bot.custom_id import LARGEST, CustomId
from bot.discord_faults import DISCORD_FAULTS, foreseen
from bot.meters import COMMAND, FAILED, FORM, OTHER, OUTCOME, PRESS, REFUSED, STALE, TYPING
from bot.refusal import Refusal
from bot.replies import UNFIT, refuse, report

log = logging.getLogger(__name__)

CallbackT = TypeVar("CallbackT", bound=Callable[..., Coroutine[Any, Any, None]])
# What becomes of a form: take(interaction, typed, **values of its custom_id). typed: field -> what it holds.
Take = Callable[..., Coroutine[Any, Any, None]]
BaseT = TypeVar("BaseT", bound="ui.Item[Any]", covariant=True)

# Discord takes no answer after 3 seconds, so an interaction that is older than this on arrival is dropped.
STALE_SECONDS = 2.8
REMEMBERED_AGES = 20
ANYONE = 0  # in place of a button's owner
NO_COMMAND = "I don't know that command. `/help` shows what I can do."
UNKNOWN = "I no longer know that button. Use the command again to get a new card."
RENUMBERED = "That card is from before my films got new numbers. Use the command again to get a new one."


def refusable(callback: CallbackT) -> CallbackT:
    """Wrap a command: if it raises a Refusal, or an option's transformer returned one, the member is answered with it.

    An option's transformer returns its Refusal: discord.py would wrap one that is raised in an error of its own.
    """

    @wraps(callback)
    async def answering(cog: commands.Cog, interaction: discord.Interaction[Any], **options: Any) -> None:
        try:
            for option in options.values():
                if isinstance(option, Refusal):
                    raise option
            async with interaction.client.limits.at_work(interaction):
                await callback(cog, interaction, **options)
        except Refusal as refusal:
            await refuse(interaction, refusal)

    return cast(CallbackT, answering)


# What Discord sends for an option of each type, and the most characters of a text.
OPTION_TYPES: Mapping[AppCommandOptionType, tuple[type, ...]] = {
    AppCommandOptionType.string: (str,),
    AppCommandOptionType.integer: (int,),
    AppCommandOptionType.number: (int, float),
    AppCommandOptionType.boolean: (bool,),
    # An id; what has it stands beside the options.
    AppCommandOptionType.user: (str,),
    AppCommandOptionType.attachment: (str,),
}
RESOLVED: Mapping[int, str] = {
    AppCommandOptionType.user.value: "users",
    AppCommandOptionType.attachment.value: "attachments",
}
FILE: Mapping[str, type] = {"filename": str, "size": int, "url": str}  # of what is told of one, all that is read
SUBCOMMANDS = (AppCommandOptionType.subcommand.value, AppCommandOptionType.subcommand_group.value)
LONGEST_TEXT = 6000
LONGEST_TYPED = 4000  # characters in a field of a form


def check_options(command: app_commands.Command[Any, ..., Any], given: Mapping[str, Any]) -> None:
    """Refuse options that the command doesn't have as Discord was told of them: whoever writes an interaction by hand may
    give anything."""
    known = {parameter.display_name: parameter for parameter in command.parameters}
    required = {name for name, parameter in known.items() if parameter.required}
    if not required <= given.keys() <= known.keys():
        raise Refusal(UNFIT)
    for name, value in given.items():
        _check_option(name, known[name], value)


def _check_option(name: str, parameter: app_commands.Parameter, value: Any) -> None:
    if type(value) not in OPTION_TYPES[parameter.type]:
        raise Refusal(UNFIT)
    offered = [choice.value for choice in parameter.choices]
    if offered and value not in offered:
        raise Refusal(f"I don't know that `{name}`. Choose one of: {', '.join(map(str, offered))}.")
    size, unit, least, most = value, "", -math.inf, math.inf
    if isinstance(value, str):
        size, unit, least, most = len(value), " characters", 0, LONGEST_TEXT
    least = least if parameter.min_value is None else parameter.min_value
    most = most if parameter.max_value is None else parameter.max_value
    if size < least or size > most:
        raise Refusal(f"`{name}` takes {least} to {most}{unit}.")


def _given(command: app_commands.Command[Any, ..., Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Option -> value, as it was sent. A Refusal for one of another type than the command's, and for a member or a file of which
    nothing is told."""
    told, options = data.get("resolved", {}), _options(data)
    kinds = {parameter.display_name: parameter.type.value for parameter in command.parameters}
    files = told.get("attachments", {}).values()
    if not all(isinstance(file[name], kind) for file in files for name, kind in FILE.items()):
        raise Refusal(UNFIT)
    for option in options:
        kind = option["type"]
        is_told = kind not in RESOLVED or str(option["value"]) in told.get(RESOLVED[kind], {})
        if kinds.get(option["name"]) != kind or not is_told:
            raise Refusal(UNFIT)
    return {option["name"]: option["value"] for option in options}


def _options(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Those that were sent; those of a subcommand stand within it."""
    options: list[dict[str, Any]] = data.get("options", [])
    while options and options[0]["type"] in SUBCOMMANDS:
        options = options[0].get("options", [])
    return options


@contextmanager
def _well_formed() -> Iterator[None]:
    """A Refusal of what Discord never sends, and so can't be read."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Refusal(UNFIT) from error


def _typed_into(command: app_commands.Command[Any, ..., Any], data: dict[str, Any]) -> str | None:
    """The option that is typed; None if it is none for which something is offered. Of all options, which may be anything until
    the command is sent, only those stay that can be read."""
    known = {parameter.display_name: parameter for parameter in command.parameters}
    options, data["resolved"] = _options(data), {}
    options[:] = [option for option in options if option["name"] in known and _is_readable(option, known)]
    focused = (option["name"] for option in options if option.get("focused"))
    return next((name for name in focused if known[name].autocomplete), None)


def _is_readable(option: Mapping[str, Any], known: Mapping[str, app_commands.Parameter]) -> bool:
    value, kind = option["value"], known[option["name"]].type
    if kind is AppCommandOptionType.boolean or kind.value in RESOLVED or option["type"] != kind.value:
        return False
    if isinstance(value, str):  # half a number is text
        is_text = kind is AppCommandOptionType.string or option.get("focused", False)
        return is_text and len(value) <= LONGEST_TEXT
    return type(value) in OPTION_TYPES[kind] and abs(value) <= LARGEST


class CommandTree(app_commands.CommandTree[Any]):
    """discord.py's tree with the gate and the error handler."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._ages: deque[float] = deque(maxlen=REMEMBERED_AGES)

    def is_fresh(self, interaction: discord.Interaction[Any]) -> bool:
        """False for an interaction that Discord has given up on, as after a broken connection.

        Its age is the difference between two clocks, Discord's and this machine's. It is compared with the least age seen
        lately, so that a machine whose clock is wrong does not drop everything.
        """
        age = (discord.utils.utcnow() - interaction.created_at).total_seconds()
        late = age - min(self._ages, default=age)
        self._ages.append(age)
        interaction.client.meters.begin(interaction, *_use_of(interaction), max(0.0, late))
        if late > STALE_SECONDS:
            interaction.extras[OUTCOME] = STALE
            log.warning("dropped an interaction that arrived %.1f s late", late)
        return late <= STALE_SECONDS

    async def interaction_check(self, interaction: discord.Interaction[Any], /) -> bool:
        if not self.is_fresh(interaction):
            return False
        if interaction.type is discord.InteractionType.autocomplete:
            await self._offer(interaction)
            return False
        try:
            interaction.client.limits.admit(interaction)
            with _well_formed():
                command, data = interaction.command, cast("dict[str, Any]", interaction.data)
                if not isinstance(command, app_commands.Command):
                    raise Refusal(NO_COMMAND)
                given = _given(command, data)
                _ = interaction.namespace  # discord.py reads it next, and would leave a traceback in place of an answer
            check_options(command, given)
        except Refusal as refusal:
            await refuse(interaction, refusal)
            return False
        return True

    async def _offer(self, interaction: discord.Interaction[Any]) -> None:
        """Answer what is typed with choices; with none where there are none, it is no option's, or something is wrong. discord.py
        would answer nothing, with a traceback in the log."""
        try:
            interaction.client.limits.admit(interaction)
            with _well_formed():
                command, data = interaction.command, cast("dict[str, Any]", interaction.data)
                if not isinstance(command, app_commands.Command) or (option := _typed_into(command, data)) is None:
                    raise Refusal(UNFIT)
                typed = interaction.namespace
            await command._invoke_autocomplete(interaction, option, typed)
        except Exception as error:
            if foreseen(error):
                log.warning("choices could not be sent: %r", error)
                return
            interaction.extras[OUTCOME] = REFUSED if isinstance(error, Refusal) else FAILED
            if not isinstance(error, Refusal):
                log.error("nothing could be offered", exc_info=error)
            with suppress(*DISCORD_FAULTS):
                await interaction.response.autocomplete([])

    async def on_error(self, interaction: discord.Interaction[Any], error: app_commands.AppCommandError, /) -> None:
        await report(interaction, error)


def _use_of(interaction: discord.Interaction[Any]) -> tuple[str, str]:
    """What kind of thing it is, and of what name: one of those that there are, never an id or what was typed."""
    if interaction.type in (discord.InteractionType.application_command, discord.InteractionType.autocomplete):
        command = None
        with suppress(Refusal), _well_formed():
            command = interaction.command
        kind = TYPING if interaction.type is discord.InteractionType.autocomplete else COMMAND
        return kind, command.qualified_name if isinstance(command, app_commands.Command) else OTHER
    is_form = interaction.type is discord.InteractionType.modal_submit
    layouts = [layout.text for layout in interaction.client.forms] if is_form else Item.kinds
    word = cast("dict[str, Any]", interaction.data).get("custom_id", "").partition(":")[0]
    is_known = any(layout.partition(":")[0] == word for layout in layouts)
    return FORM if is_form else PRESS, word if is_known else OTHER


class Item(ui.DynamicItem[BaseT], template="unused"):
    """A button or select that outlives the process: all it knows is in its custom_id.

    A subclass gives the layout of its custom_id, whose values are its constructor's arguments, and `act`. If the layout has a
    field `owner`, only that member may use it (0: anyone). If it has a field `replace` that is true, the answer takes the place
    of the pressed card. discord.py gives a DynamicItem neither the tree's gate nor its error handler, so both are applied here.
    """

    # Every subclass by its layout. The bot registers them all.
    kinds: ClassVar[dict[str, "type[Item[Any]]"]] = {}
    layout: ClassVar[CustomId]
    # True for a question: its answer takes the place of the card that asked.
    replaces: ClassVar[bool] = False
    not_yours: ClassVar[str] = "That button belongs to someone else's card. Use the command yourself to get your own."

    def __init_subclass__(cls, *, custom_id: str) -> None:
        cls.layout = CustomId(custom_id)
        super().__init_subclass__(template=cls.layout.pattern)
        Item.kinds[custom_id] = cls

    async def act(self, interaction: discord.Interaction[Any]) -> None:
        """What a press does."""
        raise NotImplementedError

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: "ui.Item[Any]", match: Match[str], /
    ) -> Self:
        values = cls.layout.read(match[0]) or {}
        if "movie" in values:  # as the film is known today
            values["movie"] = interaction.client.aliases.get(values["movie"], values["movie"])
        return cls(**values)

    def _refresh_state(self, interaction: discord.Interaction[Any], data: dict[str, Any]) -> None:
        # Of what discord.py can't read, a select has nothing picked, which `callback` refuses. discord.py would answer nothing.
        with suppress(Exception):
            super()._refresh_state(interaction, data)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        if not interaction.client.tree.is_fresh(interaction):
            return
        try:
            interaction.client.limits.admit(interaction)
            values = self.layout.read(self.custom_id) or {}
            if values.get("owner", ANYONE) not in (ANYONE, interaction.user.id):
                raise Refusal(self.not_yours)
            if "movie" in values and _is_older(interaction.message, interaction.client.renumbered_at):
                raise Refusal(RENUMBERED)
            _check_picked(self.item)
            interaction.extras["replace"] = self.replaces or values.get("replace", False)
            async with interaction.client.limits.at_work(interaction):
                await self.act(interaction)
        except Exception as error:
            await report(interaction, error)


async def receive(interaction: discord.Interaction[Any], forms: Mapping[CustomId, Take]) -> None:
    """Take what discord.py gives to nobody: a form that is sent, and a press of a button that I don't know. Pass over all else.
    forms: what becomes of one, by the layout of its custom_id.

    discord.py would give a form to the modal's object alone, and no longer to the second of two members who have it open, or
    after a restart. A modal goes through neither the tree's gate nor its error handler either, so both are applied here.
    """
    is_form = interaction.type is discord.InteractionType.modal_submit
    if not is_form and interaction.type is not discord.InteractionType.component:
        return
    data = cast("dict[str, Any]", interaction.data)
    custom_id = data.get("custom_id", "")
    if not is_form and any(kind.layout.read(custom_id) is not None for kind in Item.kinds.values()):
        return
    if not interaction.client.tree.is_fresh(interaction):
        return
    try:
        interaction.client.limits.admit(interaction)
        for layout, take in forms.items() if is_form else ():
            if (values := layout.read(custom_id)) is not None:
                async with interaction.client.limits.at_work(interaction):
                    await take(interaction, _typed(data), **values)
                return
        raise Refusal(UNKNOWN)
    except Exception as error:
        await report(interaction, error)


def _typed(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field -> what it holds: one text, or what was picked."""
    try:
        parts = [part["component"] if "component" in part else part["components"][0] for part in data["components"]]
        fields = {part["custom_id"]: part["values"] if "values" in part else [part["value"]] for part in parts}
        fit = all(isinstance(text, str) and len(text) <= LONGEST_TYPED for held in fields.values() for text in held)
    except (KeyError, IndexError, TypeError):
        fit = False
    if not fit:
        raise Refusal(UNFIT)
    return fields


def _check_picked(item: "ui.Item[Any]") -> None:
    """Refuse what a select doesn't offer."""
    if isinstance(item, ui.Select):
        offered = [option.value for option in item.options]
        # Made anew, one whose choices depend on what it asks has none: it looks at what is picked itself.
        fit = not offered or all(value in offered for value in item.values)
    elif isinstance(item, ui.UserSelect):
        fit = all(isinstance(user, discord.User | discord.Member) and user.id <= LARGEST for user in item.values)
    else:
        return
    if not fit or not item.min_values <= len(item.values) <= item.max_values:
        raise Refusal(UNFIT)


async def check_owner(interaction: discord.Interaction[Any]) -> None:
    """Refuse all but the bot's owner. Discord's own permissions would hide the commands from an owner who is a plain member."""
    bot, member = interaction.client, interaction.user
    if member.id not in bot.settings.trainer_ids and not await bot.is_owner(member):
        raise Refusal("Only the bot's owner can do that. `/help` shows what you can do.")


def _is_older(card: discord.Message | None, than: int) -> bool:
    return card is not None and card.created_at.timestamp() < than
