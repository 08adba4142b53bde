"""What members are told of what they bring from elsewhere."""

from bot import cards
from bot.glyphs import Glyphs
from bot.imports.plan import Plan, Summary
from bot.imports.rows import Row
from bot.store import Taken

BUSY = "I'm still reading your last file. Wait for what it says, or for me to refuse it."
GONE = "That file waits no more: you took it already, or another came after it. Upload it again with `/import file`."
NOT_LAST = "That import can't be undone: it was undone already, there is a later one, or it was over 30 days ago."
NO_LAST = "You have no import that I could undo. I remember the last one for 30 days."
IN_FILE = "What I couldn't take is in the file, with the reason in each row."
NO_DOWNLOAD = "Discord didn't give me that file. Please upload it again."


def scale(highest: float) -> str:
    """highest: the highest of the ratings."""
    return (
        "### Out of how many stars?\n"
        f"I can't tell what scale these ratings have; the highest is {cards.number(highest)}. What is the best one can give?"
    )


def heading(plan: Plan) -> str:
    """Whose the file is, and how long."""
    return f"### {cards.escape(plan.source)}: {cards.count(len(plan.rows) + len(plan.skipped), 'row')}"


def nothing(summary: Summary) -> str:
    """Why there is nothing to take."""
    if summary.same:
        return "all that it says is here already"
    useless = summary.not_films or summary.unreadable or summary.no_title
    return "no row of it is a film that I could read" if useless else "it is empty"


def waiting(plan: Plan, summary: Summary, theirs: bool) -> str:
    """What a plan would change. theirs: the file's stars would take the place of others."""
    new = cards.listing(kinds) if (kinds := _kinds(summary.rated, summary.seen, summary.wanted)) else ""
    others = "the file's take their place" if theirs else "yours stay"
    lines = (
        new and f"**New:** {new}",
        summary.changed and f"**Changed:** {cards.count(summary.changed, 'film')} with other stars here: {others}",
        summary.same and f"**The same:** {summary.same:,}, as you have them here",
        summary.unclear and f"**Unclear:** {summary.unclear:,} could be one film or another",
        summary.unknown and f"**Not known:** {summary.unknown:,}. I keep the titles: they count once I know the films",
        summary.double and f"**Double:** {summary.double:,} of films that another row is of",
        summary.left_out and f"**Left out:** {summary.left_out:,}, as you said",
        summary.no_title
        and f"**Can't be kept:** {summary.no_title:,} without a title, or with that of a film with another id",
        summary.not_films and f"**Not films:** {summary.not_films:,}",
        summary.unreadable and f"**Unreadable:** {summary.unreadable:,}",
    )
    told = "\n".join(line for line in lines if line)
    return f"{heading(plan)}\n{told}\n-# Nothing is saved before you take it. What I can't take comes back with the reason."


def _kinds(rated: int, seen: int, wanted: int) -> list[str]:
    """So many of each kind, in words; nothing for none."""
    parts = (
        rated and cards.count(rated, "rating"),
        seen and f"{seen:,} seen",
        wanted and f"{wanted:,} for your watchlist",
    )
    return [part for part in parts if part]


def taken(plan: Plan, taken: Taken, count: int, left: bool) -> str:
    """What was taken. count: how many films the member has rated now. left: a file comes back."""
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


def settling(left: int) -> str:
    """left: how many rows are not settled."""
    told = f"{left:,} left. What you don't settle comes back in the file." if left else "All are settled."
    return f"### Which films are these?\n-# {told}"


def asked(row: Row, glyphs: Glyphs) -> str:
    """An unclear row, as the file writes it."""
    year = "" if row.year is None else f" ({row.year})"
    said = glyphs.stars(row.stars) if row.stars is not None else "Seen" if row.kind == "seen" else "Wanted"
    return f"{said}  {cards.typed(row.written + year)}"
