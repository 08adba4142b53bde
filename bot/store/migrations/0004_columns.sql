-- What cards of movie nights say of films is kept in columns of its own.

-- What the card says of films since the vote began, and that all that follows from a vote is done, have columns of their own.

ALTER TABLE nights ADD COLUMN vetoed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE nights ADD COLUMN concluded INTEGER NOT NULL DEFAULT 0 CHECK (concluded IN (0, 1));
ALTER TABLE night_films ADD COLUMN why TEXT NOT NULL DEFAULT '';

UPDATE night_films SET why = coalesce(
    (SELECT json_extract(n.wish, '$.why."' || movie_id || '"') FROM nights AS n WHERE n.id = night_id), ''
) WHERE movie_id IS NOT NULL;
UPDATE nights SET
    vetoed = coalesce(json_extract(wish, '$.vetoed'), 0),
    concluded = closes_at IS NULL AND state NOT IN ('gathering', 'voting'),
    wish = json_remove(wish, '$.why', '$.vetoed');
