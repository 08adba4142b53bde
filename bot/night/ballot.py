"""What one member of an evening sees alone: their ballot, and what they would give the films."""

from collections.abc import Mapping, Sequence

import discord
from discord import ui

from bot import cards, looking, reasons
from bot.glyphs import TEXT, Glyphs
from bot.looking import Looks
from bot.night.body import Body
from bot.night.buttons import Approve, NightButton
from bot.night.look import DETAILED, row
from bot.replies import Card, note
from bot.serving import Serving
from bot.store import Ballot, Night, NightFilm
from recommender import Catalogue, Movie

ROW = 5  # buttons in a row, by Discord's rules
PICTURED = 6  # films with a picture and a button each; more share a gallery


def ballot_card(
    catalogue: Catalogue, night: Night, films: Sequence[NightFilm], member: int, ballot: Ballot, looks: Looks
) -> ui.LayoutView:
    """A member's own ballot: press a film to approve of it, again to take that back."""
    known = [None if film.movie is None else catalogue.get(film.movie) for film in films]
    seen = [looks[movie.id] for movie in known if movie and movie.id in looks]
    buttons = [_approve(night, member, film, movie, ballot) for film, movie in zip(films, known, strict=True)]
    head = f"### Your vote\nPress every film you'd be glad to watch, then **Done**.{looking.credit(seen)}"
    container: ui.Container[ui.LayoutView] = ui.Container(ui.TextDisplay(head), accent_colour=cards.ACCENT)
    if looking.has_pictures(seen) and len(films) <= PICTURED:
        for film, movie, button in zip(films, known, buttons, strict=True):
            name = cards.candidate(film, catalogue)
            container.add_item(looking.pictured(name, movie, looks)).add_item(row([button]))
    else:
        for gallery in looking.gallery(filter(None, known), looks):
            container.add_item(gallery)
        for start in range(0, len(films), ROW):
            container.add_item(row(buttons[start : start + ROW]))
    done = Approve(member, night.id, 0, "Done", discord.ButtonStyle.primary)
    return Card().add_item(container.add_item(row([done])))


def cast_card(
    catalogue: Catalogue, night: Night, films: Sequence[NightFilm], ballot: Ballot, closed: bool
) -> ui.LayoutView:
    """What a member voted. `closed`: theirs was the last vote."""
    chosen = [cards.candidate(film, catalogue) for film in films if film.id in ballot.films]
    text = f"Your vote is in: {cards.listing(chosen) if chosen else 'none of them'}."
    if closed:
        return note(f"{text}\n-# It was the last one, so the vote is over: see the card.", accent=cards.DONE)
    until = f"-# You can change it until the vote closes, <t:{night.closes_at}:R> or when all have voted."
    return note(f"{text}\n{until}", NightButton(night.id, "vote", "Change it"), accent=cards.DONE)


def _approve(night: Night, member: int, film: NightFilm, movie: Movie | None, ballot: Ballot) -> Approve:
    label = cards.button(movie) if movie else (film.title or "?")
    chosen = film.id in ballot.films
    style = discord.ButtonStyle.success if chosen else discord.ButtonStyle.secondary
    return Approve(member, night.id, film.id, f"✓ {label}" if chosen else label, style)


def mine(serving: Serving, films: Sequence[NightFilm], history: Mapping[int, float], glyphs: Glyphs) -> ui.LayoutView:
    """What somebody with these ratings would give the films, and why."""
    recommender = serving.recommender
    catalogue, taste = recommender.catalogue, recommender.taste(history)
    movies = [film.movie for film in films if film.movie is not None]
    figures = dict(zip(movies, zip(*taste.predict_mean(movies), strict=True), strict=True))
    known = [movie for movie in movies if movie in catalogue] if len(films) <= DETAILED else []
    if len(films) > DETAILED:
        glyphs = TEXT  # emojis of so many would not fit
    named = reasons.of_list(taste, known, history)
    lines = []
    for film in films:
        line = cards.candidate(film, catalogue)
        if film.movie is None:
            line += "\n-# not in my films, so I can't tell"
        elif film.movie in history:
            line += f"\nRated {glyphs.stars(history[film.movie])}"
        else:
            line += f"\n{cards.predicted(*figures[film.movie], glyphs)}"
            if because := cards.because(named.get(film.movie, ()), history, catalogue):
                line += f"\n-# {because}"
        lines.append(line)
    hint = "" if history else "-# You have no ratings, so these are a typical viewer's. `/start` changes that."
    return note(Body(cards.ACCENT, ["### What you would give them", *lines], last=hint).text, accent=cards.ACCENT)
