-- Members' ratings, films seen, exclusions and lists.

-- Member ids are Discord's, movie ids are MovieLens's, times are UTC seconds since 1970.
-- Every column with a member's id is called member_id: export and deletion go by that name.

CREATE TABLE ratings (
    member_id INTEGER NOT NULL,
    movie_id INTEGER NOT NULL,
    stars REAL NOT NULL CHECK (stars BETWEEN 0.5 AND 5 AND stars * 2 = CAST(stars * 2 AS INTEGER)),
    rated_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, movie_id)
) STRICT;

CREATE INDEX ratings_by_time ON ratings (rated_at);

CREATE TABLE seen (
    member_id INTEGER NOT NULL,
    movie_id INTEGER NOT NULL,
    marked_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, movie_id)
) STRICT;

-- AUTOINCREMENT where buttons carry the id: an old button must never meet a new row under a used id.
CREATE TABLE exclusions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('words', 'movie', 'genre')),
    value TEXT NOT NULL,
    added_at INTEGER NOT NULL,
    UNIQUE (member_id, kind, value)
) STRICT;

-- Answers as they were given; request and movies are JSON.
CREATE TABLE lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id INTEGER NOT NULL,
    command TEXT NOT NULL,
    request TEXT NOT NULL,
    movies TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- A training without an outcome is running; report is JSON.
CREATE TABLE trainings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at INTEGER NOT NULL,
    finished_at INTEGER,
    reason TEXT NOT NULL,
    outcome TEXT,
    report TEXT
) STRICT;

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
