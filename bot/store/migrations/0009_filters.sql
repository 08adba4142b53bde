-- Servers and movie nights may ask for a length, a language and a decade.

-- What an evening admits unless it says otherwise; NULL: every film. language is ISO 639-1, decade its first year.
ALTER TABLE guilds ADD COLUMN max_minutes INTEGER;
ALTER TABLE guilds ADD COLUMN language TEXT;
ALTER TABLE guilds ADD COLUMN decade INTEGER;

-- How many films the wish admits, as the card says it: it stays so, whatever becomes known of films.
ALTER TABLE nights ADD COLUMN fit TEXT NOT NULL DEFAULT '';
