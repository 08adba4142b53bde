-- Films that members added.

-- Films that members added, without whose they are: a film stays when the member's data is deleted. title is how it was written,
-- name is how titles are compared; genres are separated by bars. Ids lie above those of all other sources.
CREATE TABLE typed_films (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    name TEXT NOT NULL,
    year INTEGER,
    genres TEXT NOT NULL,
    added_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX typed_films_once ON typed_films (name, coalesce(year, 0));
INSERT INTO sqlite_sequence (name, seq) VALUES ('typed_films', 1000000000000);

-- Who added them, for a limit a day. Removed films stay here, or they would make room for others.
CREATE TABLE additions (
    member_id INTEGER NOT NULL,
    movie_id INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, movie_id)
) STRICT;

-- Who rated a film: its card says what people on the server gave it.
CREATE INDEX ratings_by_movie ON ratings (movie_id);
