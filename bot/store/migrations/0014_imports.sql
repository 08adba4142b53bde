-- Imports of ratings, and what undoes them.

-- Films that no data set knows, and that a member has seen without giving stars, or wants to see: as unknown_ratings, without
-- stars.
CREATE TABLE unknown_marks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('seen', 'wanted')),
    title TEXT NOT NULL,
    year INTEGER,
    written TEXT NOT NULL,
    marked_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX unknown_marks_once ON unknown_marks (member_id, title, coalesce(year, 0), kind);

-- Files of films that members brought. plan: what one says, as JSON, until it is taken or not; a member has one that waits.
-- picks: the place of a row of the plan -> which film it is, where that was not clear. ratings: how many it brought.
CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    plan TEXT,
    picks TEXT NOT NULL DEFAULT '{}',
    ratings INTEGER NOT NULL DEFAULT 0,
    read_at INTEGER NOT NULL,
    taken_at INTEGER
) STRICT;

CREATE UNIQUE INDEX imports_waiting ON imports (member_id) WHERE taken_at IS NULL;

-- What the last import that a member took changed: rows that came (1) with it, and rows that went (0). part is the table that
-- has them; of unknown_ratings and unknown_marks entry is the id.
CREATE TABLE import_changes (
    member_id INTEGER NOT NULL,
    part TEXT NOT NULL CHECK (part IN ('ratings', 'seen', 'unseen', 'watchlist', 'unknown_ratings', 'unknown_marks')),
    came INTEGER NOT NULL CHECK (came IN (0, 1)),
    movie_id INTEGER,
    entry INTEGER,
    kind TEXT,
    title TEXT,
    year INTEGER,
    written TEXT,
    stars REAL,
    at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX import_changes_once ON import_changes (member_id, part, coalesce(movie_id, entry), came);
