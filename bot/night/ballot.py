"""What one member of an evening sees alone: their ballot, and what they would give the films."""

from collections.abc import Mapping, Sequence

import discord
from discord import ui

from bot import cards, reasons
from bot.night.buttons import Approve, NightButton
from bot.night.look import DETAILED, fitted, row
from bot.replies import note
from bot.serving import Serving
from bot.store import Ballot, Night, NightFilm
from recommender import Catalogue

ROW = 5  # buttons in a row, by Discord's rules


def ballot_card(
    catalogue: Catalogue, night: Night, films: Sequence[NightFilm], member: int, ballot: Ballot, closed: bool = False
) -> ui.LayoutView:
    """A member's own ballot: press a film to approve of it, again to take that back. `closed`: theirs was the last vote."""
    if ballot.cast:
        chosen = [cards.candidate(film, catalogue) for film in films if film.id in ballot.films]
        text = f"Your vote is in: {cards.listing(chosen) if chosen else 'none of them'}."
        if closed:
            return note(f"{text}\n-# It was the last one, so the vote is over: see the card.", accent=cards.DONE)
        again = NightButton(night.id, "vote", "Change it")
        until = f"-# You can change it until the vote closes, <t:{night.closes_at}:R> or when all have voted."
        return note(f"{text}\n{until}", again, accent=cards.DONE)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=cards.ACCENT)
    container.add_item(ui.TextDisplay("### Your vote\nPress every film you'd be glad to watch, then **Done**."))
    for start in range(0, len(films), ROW):
        approve = (_approve(catalogue, night, member, film, ballot) for film in films[start : start + ROW])
        container.add_item(row(approve))
    done = Approve(member, night.id, 0, "Done", discord.ButtonStyle.primary)
    return ui.LayoutView(timeout=None).add_item(container.add_item(row([done])))


def _approve(catalogue: Catalogue, night: Night, member: int, film: NightFilm, ballot: Ballot) -> Approve:
    known = None if film.movie is None else catalogue.get(film.movie)
    label = cards.button(known) if known else (film.title or "?")
    chosen = film.id in ballot.films
    style = discord.ButtonStyle.success if chosen else discord.ButtonStyle.secondary
    return Approve(member, night.id, film.id, f"✓ {label}" if chosen else label, style)


def mine(serving: Serving, films: Sequence[NightFilm], history: Mapping[int, float]) -> ui.LayoutView:
    """What somebody with these ratings would give the films, and why."""
    recommender = serving.recommender
    catalogue, taste = recommender.catalogue, recommender.taste(history)
    movies = [film.movie for film in films if film.movie is not None]
    figures = dict(zip(movies, zip(*taste.predict_mean(movies), strict=True), strict=True))
    known = [movie for movie in movies if movie in catalogue] if len(films) <= DETAILED else []
    named = reasons.of_list(taste, known, history)
    lines = []
    for film in films:
        line = cards.candidate(film, catalogue)
        if film.movie is None:
            line += "\n-# not in my films, so I can't tell"
        elif film.movie in history:
            line += f"\nRated {cards.stars(history[film.movie])}"
        else:
            line += f"\n{cards.predicted(*figures[film.movie])}"
            if because := cards.because(named.get(film.movie, ()), history, catalogue):
                line += f"\n-# {because}"
        lines.append(line)
    hint = (
        "" if history else "-# You have no ratings, so these are a typical viewer's. Rate three films to change that."
    )
    return note(fitted(["### What you would give them", *lines], hint), accent=cards.ACCENT)
