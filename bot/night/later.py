"""What a server may watch later, as a list."""

from discord import ui

from bot import cards
from bot.items import page_buttons
from bot.replies import Card, note
from bot.store import LaterFilm, SavedList
from recommender import Catalogue

PAGE = 10
NOTHING = (
    "Nothing is on this server's list yet. What loses a vote here, or was suggested in an evening that was called off, comes "
    "onto it by itself. Begin one with `/night start`."
)


def page(films: list[LaterFilm], catalogue: Catalogue, saved: SavedList, number: int) -> ui.LayoutView:
    """One page of the films, newest first."""
    if not films:
        return note(NOTHING)
    pages = -(-len(films) // PAGE)
    number = min(number, pages - 1)
    lines = [_line(catalogue, each) for each in films[number * PAGE : (number + 1) * PAGE]]
    head = (
        f"### For another evening\n-# {cards.count(len(films), 'film')} from evenings before, newest first · "
        "`/night start from: this server's list` picks from these"
    )
    container: ui.Container[ui.LayoutView] = ui.Container(
        ui.TextDisplay("\n".join([head, *lines])), accent_colour=cards.ACCENT
    )
    if (buttons := page_buttons(saved.id, number, pages)) is not None:
        container.add_item(buttons)
    return Card().add_item(container)


def _line(catalogue: Catalogue, each: LaterFilm) -> str:
    suggested = "suggested" if each.film.suggested else None
    approved = None if each.approvals is None else f"{each.approvals or 'nobody'} approved"
    return f"{cards.candidate(each.film, catalogue)}\n-# {' · '.join(filter(None, (f'<t:{each.at}:D>', suggested, approved)))}"
