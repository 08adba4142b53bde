-- Stars for films that are not known yet; evenings keep how long a vote is open.

-- Stars for films that no data set knows yet. title is how titles are compared, written is how it was typed; year may be
-- missing. They count once a film with that title comes to be known.
CREATE TABLE unknown_ratings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    member_id INTEGER NOT NULL,
    title TEXT NOT NULL,
    year INTEGER,
    written TEXT NOT NULL,
    stars REAL NOT NULL CHECK (stars BETWEEN 0.5 AND 5 AND stars * 2 = CAST(stars * 2 AS INTEGER)),
    rated_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX unknown_ratings_once ON unknown_ratings (member_id, title, coalesce(year, 0));

-- announced: the evening has had its event. One that somebody took away is not made anew.
ALTER TABLE nights ADD COLUMN announced INTEGER NOT NULL DEFAULT 0 CHECK (announced IN (0, 1));
UPDATE nights SET announced = event_id IS NOT NULL OR concluded;

-- The events of evenings that are over are nobody's concern any more.
UPDATE nights SET event_id = NULL WHERE state IN ('watched', 'cancelled');

-- An hour was what every vote was open for, unless the host said otherwise. From now on it depends on the evening's time.
UPDATE nights SET wish = json_remove(wish, '$.minutes')
WHERE state = 'gathering' AND json_extract(wish, '$.minutes') = 60;
