"""The votes of movie nights: who approves of what. They are blind until they close."""

import json
from collections.abc import Callable, Mapping

from bot.store.engine import Run, Transaction, upsert
from bot.store.film_ids import film_today
from bot.store.night_rows import ballots_of, films_of, members_of
from bot.store.records import Ballot, NightFilm

Count = Callable[[list[NightFilm], dict[int, Ballot]], int]


class Votes:
    """The part of the store that is about these votes. Each opens and closes once, whoever asks for it at the same time."""

    def __init__(self, run: Run, transaction: Transaction) -> None:
        self._run, self._transaction = run, transaction

    async def ballot(self, night: int, member: int) -> Ballot:
        return (await self.ballots(night)).get(member, Ballot(frozenset(), False))

    async def ballots(self, night: int) -> dict[int, Ballot]:
        """Member -> ballot."""
        return await ballots_of(self._run, night)

    async def open(
        self,
        night: int,
        scores: Mapping[int, float],
        why: Mapping[int, str],
        *,
        closes_at: int,
        seed: int,
        vetoed: int,
        fit: str = "",
        listed: int | None = None,
    ) -> bool:
        """Put in films of the catalogue with the group's scores and reasons, renewed for those that are in, and let the vote
        begin; False if it has begun, or never will."""
        async with self._transaction() as run:
            opened = await run(
                "UPDATE nights SET state = 'voting', closes_at = ?, seed = ?, vetoed = ?, fit = ?, listed = ?"
                " WHERE id = ? AND state = 'gathering' RETURNING 1",
                closes_at,
                seed,
                vetoed,
                fit,
                listed,
                night,
            )
            if opened:
                await run.many(
                    "INSERT INTO night_films (night_id, movie_id, score, why)"
                    f" VALUES (?1, {film_today('?2')}, ?3, ?4) ON CONFLICT"
                    " (night_id, movie_id) DO UPDATE SET score = excluded.score, why = excluded.why",
                    [(night, movie, score, why.get(movie, "")) for movie, score in scores.items()],
                )
        return bool(opened)

    async def cast(self, night: int, member: int, film: int | None) -> Ballot | None:
        """Add a film to a member's ballot, or take it off; None: this is all. Returns the ballot; None if no vote is open, the
        member isn't in, or the film."""
        async with self._transaction() as run:
            found = await run(
                "SELECT v.films FROM nights AS n JOIN night_members AS m ON m.night_id = n.id AND m.member_id = ?1"
                " LEFT JOIN night_votes AS v ON v.night_id = n.id AND v.member_id = ?1"
                " WHERE n.id = ?2 AND n.state = 'voting'"
                " AND (CAST(?3 AS BIGINT) IS NULL OR EXISTS (SELECT 1 FROM night_films WHERE id = ?3 AND night_id = n.id))",
                member,
                night,
                film,
            )
            if not found:
                return None
            [[saved]] = found
            films = frozenset(json.loads(saved or "[]"))
            ballot = Ballot(films if film is None else films ^ {film}, cast=film is None)
            await run(
                upsert("night_votes", ("night_id", "member_id"), ("films", "is_cast")),
                night,
                member,
                json.dumps(sorted(ballot.films)),
                ballot.cast,
            )
        return ballot

    async def close(self, night: int, count: Count, *, if_all_voted: bool = False) -> bool:
        """Let an open vote end as `count` says of its films and ballots: it returns the winner's id. False if the vote isn't
        open, or with `if_all_voted` if somebody who is in has not cast their ballot."""
        async with self._transaction() as run:
            if not await run("SELECT 1 FROM nights WHERE id = ? AND state = 'voting'", night):
                return False
            ballots = await ballots_of(run, night)
            members = await members_of(run, night)
            voted = bool(members) and all(member in ballots and ballots[member].cast for member in members)
            if if_all_voted and not voted:
                return False
            winner = count(await films_of(run, night), ballots)
            await run("UPDATE nights SET state = 'planned', winner = ? WHERE id = ?", winner, night)
        return True
