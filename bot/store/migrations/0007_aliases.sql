-- Films keep the ids that they were known by.

-- Ids that films were known by before they turned out to be other ids' films. They are kept for ever: buttons carry them.
CREATE TABLE aliases (
    old INTEGER PRIMARY KEY,
    movie_id INTEGER NOT NULL
) STRICT;

-- Until now ml-100k had ids of its own, which other data sets give to other films. Whether they are in this database is found
-- out when it is opened, and what carries them is renumbered then.
INSERT INTO meta (key, value) VALUES ('ids of ml-100k', 'perhaps');
