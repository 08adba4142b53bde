"""Looking back on evenings: what was watched, how it was liked, what was passed over, and one member's part in them."""

from bot.store.engine import Run
from bot.store.night_rows import FILM, NIGHT, film_of, films_of, night_of
from bot.store.records import LaterFilm, NightFilm, OwnNight, WatchedNight
from bot.store.unknown import title_of
from recommender.text import title_key

# NULL before there is a result: until then nobody is told of the ballots, and of a vote that was called off nobody ever is.
_APPROVALS = (
    "CASE WHEN n.winner IS NOT NULL THEN"
    " (SELECT count(*) FROM night_votes AS v, json_each(v.films) AS a WHERE v.night_id = n.id AND a.value = f.id) END"
)


class PastNights:
    """The part of the store that looks back. It changes nothing."""

    def __init__(self, run: Run) -> None:
        self._run = run

    async def watched(self, guild: int) -> list[WatchedNight]:
        """The server's watched nights, newest first."""
        nights = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE guild_id = ? AND state = 'watched' ORDER BY ended_at DESC, id DESC",
            guild,
        )
        films = await self._run(
            f"SELECT {FILM} FROM night_films AS f JOIN nights AS n ON n.winner = f.id WHERE n.guild_id = ?", guild
        )
        members = await self._run(
            "SELECT night_id, member_id, satisfaction FROM night_members AS m JOIN nights AS n ON n.id = m.night_id"
            " WHERE n.guild_id = ? AND n.state = 'watched'",
            guild,
        )
        film = {row[0]: film_of(row) for row in films}
        got: dict[int, dict[int, float]] = {}
        for night, member, satisfaction in members:
            got.setdefault(night, {})[member] = 0.5 if satisfaction is None else satisfaction
        found = [night_of(row) for row in nights]
        return [
            WatchedNight(night, film[night.winner], got.get(night.id, {})) for night in found if night.winner in film
        ]

    async def of(self, member: int) -> list[OwnNight]:
        """All nights in which the member has a part, over or not, newest first."""
        nights = await self._run(
            f"SELECT {NIGHT} FROM nights WHERE id IN (SELECT night_id FROM night_members WHERE member_id = ?1"
            " UNION SELECT night_id FROM night_votes WHERE member_id = ?1"
            " UNION SELECT f.night_id FROM night_films AS f JOIN night_suggestions AS s ON s.film_id = f.id"
            " WHERE s.member_id = ?1) ORDER BY id DESC",
            member,
        )
        suggested = await self._run("SELECT film_id FROM night_suggestions WHERE member_id = ?", member)
        approved = await self._run(
            "SELECT value FROM night_votes AS v, json_each(v.films) WHERE v.member_id = ?", member
        )
        put_in, liked, found = {film for (film,) in suggested}, {film for (film,) in approved}, []
        for night in map(night_of, nights):
            films = await films_of(self._run, night.id)
            found.append(
                OwnNight(
                    night,
                    next((film for film in films if film.id == night.winner), None),
                    tuple(film for film in films if film.id in put_in),
                    tuple(film for film in films if film.id in liked),
                )
            )
        return found

    async def ratings(self, guild: int) -> dict[int, list[float]]:
        """Watched night -> the stars that those who were there gave its film; nights without any are left out."""
        rows = await self._run(
            "SELECT n.id, r.stars FROM nights AS n JOIN night_films AS f ON f.id = n.winner"
            " JOIN night_members AS m ON m.night_id = n.id"
            " JOIN ratings AS r ON r.member_id = m.member_id AND r.movie_id = f.movie_id"
            " WHERE n.guild_id = ? AND n.state = 'watched'",
            guild,
        )
        typed = await self._run(
            "SELECT n.id, u.stars, f.title AS film, u.title, u.year FROM nights AS n"
            " JOIN night_films AS f ON f.id = n.winner AND f.title IS NOT NULL"
            " JOIN night_members AS m ON m.night_id = n.id JOIN unknown_ratings AS u ON u.member_id = m.member_id"
            " WHERE n.guild_id = ? AND n.state = 'watched'",
            guild,
        )
        given: dict[int, list[float]] = {}
        for night, stars in rows:
            given.setdefault(night, []).append(stars)
        for night, stars, film, *title in typed:
            if title_of(film) == tuple(title):
                given.setdefault(night, []).append(stars)
        return given

    async def suggested(self, guild: int) -> dict[int, int]:
        """Watched night -> the member who suggested its film; nights whose film nobody did are left out."""
        rows = await self._run(
            "SELECT n.id, s.member_id FROM nights AS n JOIN night_suggestions AS s ON s.film_id = n.winner"
            " WHERE n.guild_id = ? AND n.state = 'watched'",
            guild,
        )
        return dict(map(tuple, rows))

    async def passed_over(self, guild: int, nights: int) -> set[int]:
        """Films that fewer than half of the voters approved of, in one of the server's last nights with a result."""
        rows = await self._run(
            "SELECT f.movie_id FROM night_films AS f JOIN night_votes AS v USING (night_id)"
            " WHERE f.movie_id IS NOT NULL AND f.night_id IN"
            " (SELECT id FROM nights WHERE guild_id = ? AND winner IS NOT NULL ORDER BY id DESC LIMIT ?)"
            " GROUP BY f.id HAVING 2 * count(*) FILTER (WHERE f.id IN (SELECT value FROM json_each(v.films)))"
            " < count(*)",
            guild,
            nights,
        )
        return {row["movie_id"] for row in rows}

    async def later(self, guild: int) -> list[LaterFilm]:
        """What the server may watch later, newest first: films that were suggested or got a vote in an evening, and won none
        that took place or is planned. Each once, as it stood last."""
        rows = await self._run(
            f"SELECT n.created_at, {_APPROVALS} AS approvals, {FILM}"
            " FROM night_films AS f JOIN nights AS n ON n.id = f.night_id WHERE n.guild_id = ? AND"
            # The winner of an evening that was called off is as unseen as the others.
            " (n.state = 'cancelled' OR n.winner <> f.id) ORDER BY n.id DESC, approvals DESC NULLS LAST, f.id",
            guild,
        )
        won = await self._run(
            f"SELECT {FILM} FROM night_films AS f JOIN nights AS n ON n.winner = f.id"
            " WHERE n.guild_id = ? AND n.state <> 'cancelled'",
            guild,
        )
        chosen = {_key(film_of(row)) for row in won}
        found = dict[int | str, LaterFilm]()
        for at, approvals, *film in rows:
            later = LaterFilm(film_of(film), at, approvals)
            if (later.film.suggested or later.approvals) and (key := _key(later.film)) not in chosen:
                found.setdefault(key, later)
        return list(found.values())


def _key(film: NightFilm) -> int | str:
    """What two entries of one film have in common."""
    return title_key(film.title or "") if film.movie is None else film.movie
