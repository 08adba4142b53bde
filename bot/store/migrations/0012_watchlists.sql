-- Watchlists: what members want to see.
CREATE TABLE watchlist (
    member_id INTEGER NOT NULL,
    movie_id INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, movie_id)
) STRICT;

-- A film that its member rated or saw is on no list, whichever statement wrote that: it leaves with it, and doesn't come back.
CREATE TRIGGER rated_leaves_watchlist AFTER INSERT ON ratings BEGIN
    DELETE FROM watchlist WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id;
END;

CREATE TRIGGER seen_leaves_watchlist AFTER INSERT ON seen BEGIN
    DELETE FROM watchlist WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id;
END;

CREATE TRIGGER watchlist_of_the_unseen BEFORE INSERT ON watchlist
WHEN EXISTS (SELECT 1 FROM ratings WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id)
    OR EXISTS (SELECT 1 FROM seen WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id)
BEGIN
    SELECT RAISE(IGNORE);
END;

-- How many of an evening's picks came from the lists that were asked for; NULL: it isn't said.
ALTER TABLE nights ADD COLUMN listed INTEGER;
