"""What members let others see of them."""

from collections.abc import Iterable
from dataclasses import asdict, fields, replace

from bot.store import values
from bot.store.engine import Run, Transaction, upsert
from bot.store.records import Shown

SWITCHES = tuple(field.name for field in fields(Shown))


class Privacy:
    """The part of the store that is about that. Who never chose shows nothing."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def of(self, member: int) -> Shown:
        """What the member lets others see."""
        return await _shown(self._run, member)

    async def of_all(self, members: Iterable[int]) -> dict[int, Shown]:
        """Member -> what they let others see, for each of the members."""
        found = dict.fromkeys(members, Shown())
        rows = await self._run(
            f"SELECT member_id, {', '.join(SWITCHES)} FROM privacy WHERE member_id IN (SELECT value FROM json_each(?))",
            values.json_text(list(found)),
        )
        return found | {member: Shown(*map(bool, switches)) for member, *switches in rows}

    async def in_clubs(self, guild: int, limit: int) -> list[int]:
        """At most so many of those who let themselves be shown in clubs, whichever theirs are: those who were in an evening of
        the server before others."""
        rows = await self._run(
            "SELECT member_id FROM privacy WHERE clubs = 1 ORDER BY member_id IN"
            " (SELECT m.member_id FROM night_members AS m JOIN nights AS n ON n.id = m.night_id WHERE n.guild_id = ?) DESC,"
            " member_id LIMIT ?",
            guild,
            limit,
        )
        return [row["member_id"] for row in rows]

    async def change(self, member: int, **switches: bool) -> Shown:
        """Turn these switches on or off and leave the others; returns how all stand. A name that is none is a TypeError."""
        async with self._transaction() as run:
            shown = replace(await _shown(run, values.member(member)), **switches)
            await run(
                upsert("privacy", ("member_id",), SWITCHES),
                member,
                *asdict(shown).values(),
            )
        return shown


async def _shown(run: Run, member: int) -> Shown:
    rows = await run(f"SELECT {', '.join(SWITCHES)} FROM privacy WHERE member_id = ?", member)
    return Shown(*map(bool, rows[0])) if rows else Shown()
