"""What a card of an evening says, and how that is laid out with pictures of its films and without."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import discord
from discord import ui

from bot import looking
from bot.films.look import Look
from bot.looking import Looks
from bot.replies import Card
from recommender import Movie

LONGEST = 4000  # characters that a message holds, by Discord's rules
PICTURED = (
    9  # films with a picture beside each: with its buttons, a card of these has 39 of the 40 parts that Discord allows
)


@dataclass(frozen=True)
class Body:
    """The text of a card. films: what is said of each film that is shown with its picture, between `head` and `tail`, and the
    film, if the catalogue has it. `last` is there however long the rest is. offers: it says where films can be watched."""

    colour: discord.Colour
    head: list[str]
    films: list[tuple[Movie | None, str]] = field(default_factory=list)
    tail: list[str] = field(default_factory=list)
    last: str = ""
    offers: bool = False

    @property
    def text(self) -> str:
        """All of it, cut to what a message holds."""
        text, room = self._lines, LONGEST - len(self.last) - 1
        if len(text) > room:
            text = text[: room - 1].rpartition("\n")[0] + "\n…"
        return f"{text}\n{self.last}".rstrip()

    @property
    def _lines(self) -> str:
        lines = [*self.head, *(line for _, line in self.films), *self.tail]
        return "\n".join(filter(None, lines))

    def credited(self, looks: Looks) -> "Body":
        """With the credit, where anything of TMDB's is shown."""
        return replace(self, last=(self.last + looking.credit(self._seen(looks), offers=self.offers)).lstrip("\n"))

    def view(self, looks: Looks, rows: Iterable[ui.Item[Any]] = ()) -> ui.LayoutView:
        """The card, with a picture beside each film unless there is no room for that."""
        container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=self.colour)
        for part in (*self._parts(looks), *rows):
            container.add_item(part)
        return Card().add_item(container)

    def _seen(self, looks: Looks) -> list[Look]:
        return [looks[movie.id] for movie, _ in self.films if movie is not None and movie.id in looks]

    def _parts(self, looks: Looks) -> list[ui.Item[Any]]:
        seen, credited = self._seen(looks), self.credited(looks)
        fits = len(self.films) <= PICTURED and len(self._lines) + len(credited.last) < LONGEST
        if not looking.has_pictures(seen) or not fits:
            return [ui.TextDisplay(credited.text)]
        return [
            ui.TextDisplay(replace(self, films=[], tail=[], last="").text),
            *(looking.pictured(line, movie, looks) for movie, line in self.films),
            ui.TextDisplay(replace(credited, head=[], films=[]).text.lstrip("\n")),
        ]
