"""A film club on a simulated Discord: members who use the bot, and the cards they get to see."""

import re
from dataclasses import astuple, dataclass
from functools import cached_property
from typing import Any

import pytest
from discord import ComponentType, InteractionType, Permissions
from simcord import Env
from simcord.backend import serializers
from simcord.components import walk_components
from simcord.interactions import base_payload, nest_options, walk_to_subcommand
from simcord.results import InteractionResult

from bot.app import Marquee, create_bot
from bot.emojis import SHARES
from bot.glyphs import TEXT
from bot.store import Store

MATRIX = "The Matrix (1999)"
ALIEN = "Alien (1979)"
TITANIC = "Titanic (1997)"
TASTE = {MATRIX: 5.0, ALIEN: 4.5, "Blade Runner (1982)": 5.0, TITANIC: 2.0, "Pulp Fiction (1994)": 4.0}
SLASH = 1

on_both_engines = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])  # the walks that members take most


def read(text: str) -> str:
    """A text with characters for the bot's emojis."""
    for name, glyph in zip(SHARES, astuple(TEXT), strict=True):
        text = re.sub(rf"<:{name}:\d+>", glyph, text)
    return text


class Card:
    """An answer as it looked when it came; `look_again` for what has become of it."""

    def __init__(self, result: InteractionResult) -> None:
        self.result = result
        self.message = result.response
        self.components = list(walk_components(self.message.components)) if self.message else []
        # As somebody reads it: an emoji of a star is a star.
        self.text = read("\n".join(part["content"] for part in self.components if part.get("content")))

    @property
    def private(self) -> bool:
        return self.message.ephemeral

    @property
    def films(self) -> list[int]:
        """The ids of the films in a list, in its order."""
        return [int(film) for film in re.findall(r"\bseen:(\d+)", " ".join(self.controls))]

    @property
    def labels(self) -> list[str]:
        """Of the buttons that can be pressed."""
        return [part["label"] for part in self.components if part.get("label") and not part.get("disabled")]

    @property
    def controls(self) -> list[str]:
        """The custom_id of every button and select."""
        return [part["custom_id"] for part in self.components if part.get("custom_id")]

    def button(self, label: str, film: int | None = None) -> str:
        """The custom_id of the first button with this label, and about this film."""
        return next(
            part["custom_id"]
            for part in self.components
            if part.get("label") == label and (film is None or str(film) in part["custom_id"].split(":"))
        )

    def look_again(self) -> "Card":
        return Card(self.result)


def offered(form: InteractionResult) -> dict[str, Any]:
    """What the fields of a form hold when it opens."""
    fields = [part for part in walk_components(form.modal["components"]) if part.get("custom_id")]
    return {part["custom_id"]: part.get("value", "") for part in fields if "options" not in part}


@dataclass(frozen=True)
class Member:
    """Someone who uses the bot in a channel, or in direct messages where there is none."""

    env: Env
    actor: Any
    channel: Any = None

    @property
    def id(self) -> int:
        return self.actor.id

    @property
    def direct(self) -> "Member":
        """The same member in direct messages with the bot."""
        return Member(self.env, self.actor.user)

    async def says(self, command: str, **options: Any) -> Card:
        place = () if self.channel is None else (self.channel,)
        return Card(await self.actor.slash(*place, command, **options))

    async def rates(self, films: dict[str, float]) -> None:
        for movie, stars in films.items():
            await self.says("rate", movie=movie, stars=stars)

    async def types(self, command: str, option: str, text: str) -> list[str]:
        """What is offered while the member types."""
        choices = await self.actor.autocomplete(self.channel, command, option, text)
        return [choice["value"] for choice in choices]

    async def presses(self, card: Card, label: str, film: int | None = None) -> Card:
        return Card(await self.actor.click(card.message, custom_id=card.button(label, film)))

    async def picks(self, card: Card, value: str) -> Card:
        return Card(await self.actor.select(card.message, [value]))

    async def opens(self, card: Card, label: str) -> InteractionResult:
        """Press a button that brings a form."""
        return await self.actor.click(card.message, custom_id=card.button(label))

    async def fills(self, form: InteractionResult, **fields: Any) -> Card:
        """Submit a form with what these fields hold; the others stay as they were offered."""
        return Card(await self.actor.submit_modal(form, offered(form) | fields))

    # As Discord would deliver it, without the client's checks: what a member can't do by pressing and typing.

    async def sends(self, command: str, options: dict[str, Any], **payload: Any) -> Card:
        """The command with any options; `payload` changes the interaction itself."""
        return await self._deliver(InteractionType.application_command, self.told(command, options), None, payload)

    async def sends_anything(self, kind: InteractionType, data: Any) -> Card:
        """A command, or what is typed into one, with anything in place of what Discord would tell of it."""
        record, payload = self._made(kind, {})
        # Past simcord, which reads a command's data on its way.
        with self.env._bot_scope():
            self.env.bot._connection.parse_interaction_create(payload | {"data": data})
        await self.env.settle()
        return Card(InteractionResult(self.env, record))

    def told(self, command: str, options: dict[str, Any]) -> dict[str, Any]:
        """What Discord tells of a command with these options."""
        name, *path = command.split()
        root = self.env.backend.find_command(name, None, type=SLASH)
        leaf, nesting = walk_to_subcommand(root, path)
        types = {option["name"]: option["type"] for option in leaf.get("options", [])}
        given = [{"name": name, "type": types[name], "value": value} for name, value in options.items()]
        return {"id": root["id"], "name": name, "type": SLASH, "options": nest_options(root, nesting, given)}

    async def forges(self, card: Card, custom_id: str, **payload: Any) -> Card:
        """A press of a button with this custom_id, on a card that may be another's private one and not even have it."""
        data = {"custom_id": custom_id, "component_type": ComponentType.button.value}
        return await self._deliver(InteractionType.component, data, card, payload)

    async def forges_a_pick(self, card: Card, custom_id: str, kind: ComponentType, **picked: Any) -> Card:
        """A pick from a select of this kind and custom_id; `picked` is what Discord would tell of it."""
        data = {"custom_id": custom_id, "component_type": kind.value, **picked}
        return await self._deliver(InteractionType.component, data, card, {})

    async def submits(self, custom_id: str, components: Any) -> Card:
        """A form with this custom_id, that nobody opened and that may hold anything."""
        data = {"custom_id": custom_id, "components": components}
        return await self._deliver(InteractionType.modal_submit, data, None, {})

    def _made(self, kind: InteractionType, data: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        return base_payload(
            self.env.backend,
            type=kind.value,
            channel_id=self.channel.id,
            guild_id=self.actor.guild.id,
            user_id=self.id,
            data=data,
        )

    async def _deliver(
        self, kind: InteractionType, data: dict[str, Any], card: Card | None, changes: dict[str, Any]
    ) -> Card:
        backend = self.env.backend
        record, payload = self._made(kind, data)
        if card is not None:
            stored = backend.get_message(card.message.channel_id, card.message.id)
            pressed = {"type": data["component_type"], "style": 1, "label": "?", "custom_id": data["custom_id"]}
            pressed |= {"min_values": 1, "max_values": 1, "options": []}  # what a select has, which a button ignores
            row = {"type": ComponentType.action_row.value, "components": [pressed]}
            payload["message"] = {**serializers.message_payload(backend, stored), "components": [row]}
            record.source_message_id = stored.id
        backend.emit("INTERACTION_CREATE", payload | changes)
        await self.env.settle()
        return Card(InteractionResult(self.env, record))


class Club:
    """A server with the bot and two members in it."""

    def __init__(self, env: Env) -> None:
        self.env = env
        self.guild = env.create_guild("Film club", owner=env.create_user("you"))
        self.channel = self.guild.create_text_channel("movies")
        self.alice = self.join("alice")
        self.bob = self.join("bob")

    def join(self, name: str, **permissions: bool) -> Member:
        """A new member, with these permissions besides everyone's."""
        roles = [self.guild.create_role(name, permissions=Permissions(**permissions))] if permissions else []
        return Member(self.env, self.guild.add_member(self.env.create_user(name), roles=roles), self.channel)

    def forbid(self, *permissions: str) -> None:
        """Take permissions from the bot's own role."""
        role = next(role for role in self.env.backend.get_guild(self.guild.id).roles.values() if role.managed)
        left = Permissions(role.permissions)
        left.update(**dict.fromkeys(permissions, False))
        self.env.backend.edit_role(self.guild.id, role.id, {"permissions": left.value})

    @property
    def bot(self) -> Marquee:
        return self.env.bot

    @property
    def store(self) -> Store:
        return self.bot.store

    @cached_property
    def catalogue(self):
        return self.bot.serving.recommender.catalogue

    def film(self, label: str) -> int:
        """The id of the film with this label."""
        return self.catalogue.by_label(label).id

    def labels(self, films: list[int]) -> list[str]:
        return [self.catalogue[film].label for film in films]

    async def restart(self, **settings: Any) -> None:
        """Another bot takes over, with the same database and some settings changed."""
        await self.is_followed_by(create_bot(self.bot.settings.model_copy(update=settings)))

    async def is_followed_by(self, bot: Marquee) -> None:
        """Another bot takes over, once this one has let go of its files."""
        await self.bot.close()
        await self.env.restart_bot(bot)
