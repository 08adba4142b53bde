-- What is asked of one member, channel or title is found without reading a whole table.
CREATE INDEX lists_by_member ON lists (member_id);
CREATE INDEX imports_by_member ON imports (member_id);
CREATE INDEX night_members_by_member ON night_members (member_id);
CREATE INDEX night_suggestions_by_member ON night_suggestions (member_id);
CREATE INDEX night_votes_by_member ON night_votes (member_id);
CREATE INDEX privacy_of_the_shown ON privacy (member_id) WHERE clubs = 1;

-- Of evenings the clock asks twice a minute, by their state; events are Discord's, of whatever else a server plans.
CREATE INDEX nights_by_channel ON nights (channel_id, state);
CREATE INDEX nights_by_state ON nights (state);
CREATE INDEX nights_by_event ON nights (event_id) WHERE event_id IS NOT NULL;

-- What waits under the title of a film that somebody adds, and what imports said of it.
CREATE INDEX unknown_ratings_by_title ON unknown_ratings (title);
CREATE INDEX unknown_marks_by_title ON unknown_marks (title);
CREATE INDEX night_films_by_title ON night_films (title) WHERE title IS NOT NULL;
CREATE INDEX import_changes_by_film ON import_changes (movie_id) WHERE movie_id IS NOT NULL;
CREATE INDEX import_changes_by_title ON import_changes (title) WHERE title IS NOT NULL;
