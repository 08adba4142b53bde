"""Files that members upload, and what comes back."""

import csv
import io
from types import SimpleNamespace

from tests.bot.simulated import Card

LETTERBOXD = "Date,Name,Year,Letterboxd URI,Rating"
FARGO = "Fargo (1996)"
DUNE = "Dune: Part Three,2026"


def letterboxd(*rows, day="2019-05-04"):
    """ratings.csv, of rows such as "The Matrix,1999,4.5"."""
    lines = []
    for row in rows:
        name, year, stars = row.rsplit(",", 2)
        lines.append(f'{day},"{name}",{year},https://boxd.it/{len(lines)},{stars}')
    return "\n".join([LETTERBOXD, *lines, ""]).encode()


def imdb(*rows):
    """IMDb's ratings, of rows such as ("tt0133093", 9, "The Matrix", "Movie", 1999)."""
    heading = (
        "Const,Your Rating,Date Rated,Title,URL,Title Type,IMDb Rating,Runtime (mins),Year,Genres,Num Votes,Release Date,"
        "Directors"
    )
    lines = [
        f'{const},{rating},2020-01-02,"{title}",,{kind},8,100,{year},Drama,1000,,'
        for const, rating, title, kind, year in rows
    ]
    return "\n".join([heading, *lines, ""]).encode()


RATED = letterboxd("The Matrix,1999,4.5", "Alien,1979,4", "Titanic,1997,2", f"{DUNE},5")


async def imports(member, data, name="ratings.csv"):
    return await member.says("import file", file=(name, data))


def refusal(card):
    """What is told below a card that stays as it was."""
    [told] = card.result.followups
    assert told.ephemeral
    return Card(SimpleNamespace(response=told)).text


async def left(card):
    """The rows of the file that came back."""
    [file] = card.message.attachments
    assert file.filename == "not-taken.csv"
    assert card.components[-1].get("file"), "a file that no part of the card names is not shown"
    return list(csv.DictReader(io.StringIO((await file.read()).decode("utf-8-sig"), newline="")))
