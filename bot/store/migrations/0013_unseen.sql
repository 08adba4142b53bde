-- Films that members said they have not seen.
CREATE TABLE unseen (
    member_id INTEGER NOT NULL,
    movie_id INTEGER NOT NULL,
    said_at INTEGER NOT NULL,
    PRIMARY KEY (member_id, movie_id)
) STRICT;

-- Who rates a film or marks it as seen has seen it, whichever statement wrote that and whatever they said before.
CREATE TRIGGER rated_is_seen AFTER INSERT ON ratings BEGIN
    DELETE FROM unseen WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id;
END;

CREATE TRIGGER marked_is_seen AFTER INSERT ON seen BEGIN
    DELETE FROM unseen WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id;
END;

CREATE TRIGGER seen_is_not_unseen BEFORE INSERT ON unseen
WHEN EXISTS (SELECT 1 FROM ratings WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id)
    OR EXISTS (SELECT 1 FROM seen WHERE member_id = NEW.member_id AND movie_id = NEW.movie_id)
BEGIN
    SELECT RAISE(IGNORE);
END;
