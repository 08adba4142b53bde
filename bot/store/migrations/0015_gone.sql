-- Nothing can be said any more of a film that members added and the owner removed.
--
-- Maybe a member looked at its card meanwhile, and nothing would ever lead to that row again. The number is TYPED of
-- recommender/datasets/identity.py, above which all ids are of such films.
CREATE TRIGGER rated_film_is_there BEFORE INSERT ON ratings
WHEN NEW.movie_id >= 1000000000000 AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = NEW.movie_id)
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;

CREATE TRIGGER seen_film_is_there BEFORE INSERT ON seen
WHEN NEW.movie_id >= 1000000000000 AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = NEW.movie_id)
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;

CREATE TRIGGER unseen_film_is_there BEFORE INSERT ON unseen
WHEN NEW.movie_id >= 1000000000000 AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = NEW.movie_id)
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;

CREATE TRIGGER wanted_film_is_there BEFORE INSERT ON watchlist
WHEN NEW.movie_id >= 1000000000000 AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = NEW.movie_id)
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;

CREATE TRIGGER excluded_film_is_there BEFORE INSERT ON exclusions
WHEN NEW.kind = 'movie' AND CAST(NEW.value AS INTEGER) >= 1000000000000
    AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = CAST(NEW.value AS INTEGER))
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;

CREATE TRIGGER suggested_film_is_there BEFORE INSERT ON night_films
WHEN NEW.movie_id >= 1000000000000 AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = NEW.movie_id)
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;

CREATE TRIGGER identified_film_is_there BEFORE UPDATE OF movie_id ON night_films
WHEN NEW.movie_id >= 1000000000000 AND NOT EXISTS (SELECT 1 FROM typed_films WHERE id = NEW.movie_id)
BEGIN
    SELECT RAISE(ABORT, 'that film is gone');
END;
