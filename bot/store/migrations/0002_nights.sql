-- Movie nights, with their votes and suggestions.

-- Evenings. A member's part in one can be deleted without taking the evening from the others, so no row of nights or
-- night_films names a member. The host is whoever has been in the evening the longest.

CREATE TABLE guilds (
    guild_id INTEGER PRIMARY KEY,
    time_zone TEXT NOT NULL,
    style TEXT NOT NULL,
    seen TEXT NOT NULL CHECK (seen IN ('nobody', 'few', 'any')),
    hosts TEXT NOT NULL CHECK (hosts IN ('everyone', 'managers')),
    reminders INTEGER NOT NULL CHECK (reminders IN (0, 1)),
    fairness INTEGER NOT NULL CHECK (fairness IN (0, 1))
) STRICT;

-- wish is JSON: what was asked for at the start. winner is a night_films.id.
CREATE TABLE nights (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER,
    state TEXT NOT NULL CHECK (state IN ('gathering', 'voting', 'planned', 'watched', 'cancelled')),
    wish TEXT NOT NULL,
    starts_at INTEGER,
    closes_at INTEGER,
    seed INTEGER,
    winner INTEGER,
    event_id INTEGER,
    reminded INTEGER NOT NULL DEFAULT 0 CHECK (reminded IN (0, 1)),
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;

-- In one channel, one evening at a time is being decided.
CREATE UNIQUE INDEX nights_being_decided ON nights (channel_id) WHERE state IN ('gathering', 'voting');
CREATE INDEX nights_by_guild ON nights (guild_id, state);

-- satisfaction: how much of what they like the film was predicted to be, 0 to 1, once it was watched.
CREATE TABLE night_members (
    night_id INTEGER NOT NULL REFERENCES nights (id),
    member_id INTEGER NOT NULL,
    joined_at INTEGER NOT NULL,
    satisfaction REAL,
    PRIMARY KEY (night_id, member_id)
) STRICT;

-- A film of the catalogue, or a title as it was typed.
CREATE TABLE night_films (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    night_id INTEGER NOT NULL REFERENCES nights (id),
    movie_id INTEGER,
    title TEXT,
    score REAL NOT NULL DEFAULT 0.5,
    CHECK ((movie_id IS NULL) <> (title IS NULL)),
    UNIQUE (night_id, movie_id)
) STRICT;

CREATE TABLE night_suggestions (
    film_id INTEGER PRIMARY KEY REFERENCES night_films (id),
    member_id INTEGER NOT NULL
) STRICT;

-- films is a JSON list of night_films.id; is_cast tells whether the member said that this is all.
CREATE TABLE night_votes (
    night_id INTEGER NOT NULL REFERENCES nights (id),
    member_id INTEGER NOT NULL,
    films TEXT NOT NULL,
    is_cast INTEGER NOT NULL CHECK (is_cast IN (0, 1)),
    PRIMARY KEY (night_id, member_id)
) STRICT;
