"""Whoever does something that is written in several steps: how long they wait where the database is busy, and what they are told
where it refuses one of the steps."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from simcord.results import InteractionResult

from bot.store import database
from bot.store.database import NOTHING_SAVED, PART_SAVED, Database
from tests.bot.simulated import MATRIX, TASTE, TITANIC, Card, Club, Member
from tests.bot.test_forged import COMMANDS, stored

FILE = (
    "ratings.csv",
    b"Date,Name,Year,Letterboxd URI,Rating\n2021-03-04,Fargo,1996,https://boxd.it/1,4\n"
    b"2021-03-04,Nobody Knows This,2030,https://boxd.it/2,3\n",
)
UNKNOWN = "Zzyzx Qwertz"
FORM = [{"component": {"custom_id": "title", "value": UNKNOWN}}, {"component": {"custom_id": "year", "value": "2031"}}]
MERGED = [{"component": {"custom_id": "title", "value": MATRIX}}]


class Walk:
    """What members of a club do, one thing after another; `cards` are those that are shown."""

    def __init__(self, club: Club, host: Member) -> None:
        self.club, self.host, self.alice, self.bob = club, host, club.alice, club.bob
        self.cards: dict[str, Card] = {}

    async def press(self, card: str, label: str, by: Member | None = None) -> Card:
        shown = self.cards[card]
        assert label in shown.labels, (card, shown.text)
        return await (by or self.alice).forges(shown, shown.button(label))

    async def approve(self, ballot: str, by: Member) -> Card:
        """Of the first film."""
        shown = self.cards[ballot]
        first = next(each for each in shown.controls if each.startswith("approve:"))
        return await by.forges(shown, first)


Step = Callable[[Walk], Awaitable[Card]]


def says(command: str, by: str = "alice", **options: object) -> Step:
    return lambda walk: getattr(walk, by).says(command, **options)


def presses(card: str, label: str, by: str = "alice") -> Step:
    return lambda walk: walk.press(card, label, getattr(walk, by))


def forges(card: str, custom_id: str, by: str = "alice") -> Step:
    return lambda walk: getattr(walk, by).forges(walk.cards[card], custom_id)


def submits(custom_id: str, components: object = FORM, by: str = "alice") -> Step:
    return lambda walk: getattr(walk, by).submits(custom_id, components)


def approves(ballot: str, by: str) -> Step:
    return lambda walk: walk.approve(ballot, getattr(walk, by))


async def leaves_the_server(walk: Walk) -> Card:
    """The host, and the evening goes to the next."""
    if walk.host.id in walk.club.env.backend.get_guild(walk.club.guild.id).members:
        walk.club.guild.remove_member(walk.host.actor)
    return await walk.press("third", "Pick for us", walk.alice)


ALONE: dict[str, Step] = {
    **{f"/{name}": lambda walk, name=name: walk.alice.sends(name, COMMANDS[name]) for name in COMMANDS},
    "list": says("recommend", count=10),
    "seen": presses("list", "Seen it"),
    "want": says("watchlist add", movie="Heat (1995)"),
    "unwant": presses("want", "Undo"),
    "rated": says("rate", movie=TITANIC, stars=2.0),
    "unrate": presses("rated", "Undo"),
    "leave out": says("exclude words", text="shark, alien, star"),
    "many": says("exclude words", text="the, and"),
    "leave many out": presses("many", "Leave them out"),
    "excluded": says("exclude list"),
    "unexclude": presses("excluded", "Remove"),
    "asked": says("start"),
    "answer": presses("asked", "4"),
    "not seen": presses("answer", "Not seen"),
    "take back": presses("not seen", "Undo"),
    "file": says("import file", file=FILE),
    "take": presses("file", "Take it"),
    "undo": presses("take", "Undo"),
    "switch": presses("/privacy", "Turn on"),
}
FILMS: dict[str, Step] = {
    "add": submits(f"adding:4.5:{UNKNOWN}"),
    "films": says("admin films"),
    "rename": submits(
        "renaming:1000000000001",
        [{"component": {"custom_id": "title", "value": "Another"}}, {"component": {"custom_id": "year", "value": ""}}],
    ),
    "merge?": submits("merging:1000000000001", MERGED),
    "merge": presses("merge?", MATRIX),
    "add again": submits("adding::Yet one more"),
    "remove": forges("films", "removefilmnow:1000000000002"),
}
EVENINGS: dict[str, Step] = {
    "evening": says("night start", when="in 3 hours"),
    "join": presses("evening", "Join", by="bob"),
    "suggest": says("night suggest", movie="Qwertzuiop"),
    "identify": submits("addingto:1:Qwertzuiop"),
    "pick": presses("evening", "Pick for us"),
    "ballot": forges("evening", "night:1:vote"),
    "bob's ballot": forges("evening", "night:1:vote", by="bob"),
    "approve": approves("ballot", "alice"),
    "cast": presses("ballot", "Done"),
    "bob approves": approves("bob's ballot", "bob"),
    "all have voted": presses("bob's ballot", "Done", by="bob"),
    "watched": forges("evening", "night:1:already"),
    "second": says("night start"),
    "bob joins again": presses("second", "Join", by="bob"),
    "pick again": presses("second", "Pick for us"),
    "second ballot": forges("second", "night:2:vote"),
    "approve again": approves("second ballot", "alice"),
    "cast again": presses("second ballot", "Done"),
    "leave": forges("second", "night:2:leave", by="bob"),
    "/night cancel": says("night cancel"),
    "third": says("night start", by="host"),
    "alice joins": presses("third", "Join"),
    "host has left": leaves_the_server,
    "delete?": says("data delete"),
    "delete": presses("delete?", "Delete everything"),
}


def told(card: Card) -> str:
    """All that the member reads of an interaction."""
    result: InteractionResult = card.result
    parts = [str(each.components) for each in (result.response, *result.followups) if each is not None]
    return "\n".join(parts)


@pytest.fixture
async def walk(club, alice, monkeypatch) -> Walk:
    monkeypatch.setattr(database, "PATIENCE", 0.05)
    monkeypatch.setattr("bot.store.lists.PATIENCE", 0.02)

    async def is_owner(user):
        return True

    monkeypatch.setattr(club.bot, "is_owner", is_owner)
    await alice.rates(TASTE)
    await alice.says("watchlist add", movie="Fargo (1996)")
    await club.store.unknown.rate(club.bob.id, f"{UNKNOWN} (2031)", 3.0, 1)
    walk = Walk(club, club.join("host"))
    walk.cards["/privacy"] = await alice.says("privacy")
    return walk


@contextmanager
def as_before(path: Path) -> Iterator[Callable[[], None]]:
    """Brings the database back to what it was."""
    with closing(sqlite3.connect(path)) as db, closing(sqlite3.connect(":memory:")) as kept:
        db.backup(kept)
        yield lambda: kept.backup(db)


class Busy:
    """Refuses one of the writes of an interaction as if another program wrote, and counts them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused, self.count = 0, 0
        begin = Database._begin

        async def counted(opened: Database, patience: float):
            self.count += 1
            if self.count == self.refused:
                error = sqlite3.OperationalError("database is locked")
                error.sqlite_errorcode, error.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
                raise error
            return await begin(opened, patience)

        monkeypatch.setattr(Database, "_begin", counted)

    def refuse(self, write: int) -> None:
        self.refused, self.count = write, 0


@pytest.mark.parametrize("steps", [ALONE, FILMS, EVENINGS], ids=["alone", "films", "evenings"])
async def test_whoever_is_told_that_nothing_was_saved_finds_everything_as_it_was(walk, steps, monkeypatch):
    club, busy, sentences = walk.club, Busy(monkeypatch), set()
    for name, step in steps.items():
        writes = 1
        while True:
            with as_before(club.bot.settings.database) as bring_back:
                before = stored(club)
                busy.refuse(writes)
                card = await step(walk)
                if busy.count < writes:
                    break
                text, is_same = told(card), stored(club) == before
                assert "went wrong" not in text, name
                assert NOTHING_SAVED not in text or is_same, (name, writes)
                assert PART_SAVED not in text or not is_same, (name, writes)
                sentences |= {sentence for sentence in (NOTHING_SAVED, PART_SAVED) if sentence in text}
                bring_back()
                await club.bot.renew_films()
            writes += 1
        assert "went wrong" not in told(card), name
        walk.cards[name] = card
    assert NOTHING_SAVED in sentences


@pytest.mark.parametrize("steps", [ALONE, FILMS, EVENINGS], ids=["alone", "films", "evenings"])
async def test_all_writes_of_an_interaction_wait_no_longer_than_one_may(walk, steps, monkeypatch):
    """Another program writes whenever the bot is about to."""
    path, begin, waits, several = walk.club.bot.settings.database, Database._begin, [], set()

    async def locked_out(opened: Database, patience: float):
        waits.append(patience)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            if len(waits) > 1:
                return await begin(opened, patience)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                await begin(opened, 0.8 * patience)
        return await begin(opened, patience)  # as if that had ended just in time

    for name, step in steps.items():
        with as_before(path) as bring_back, monkeypatch.context() as lock:
            lock.setattr(Database, "_begin", locked_out)
            waits.clear()
            await step(walk)
            assert sum(waits[1:]) <= 0.25 * database.PATIENCE, name
            if len(waits) > 1:
                several.add(name)
            lock.undo()
            bring_back()
            await walk.club.bot.renew_films()
        walk.cards[name] = await step(walk)
    assert several
