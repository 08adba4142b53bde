-- Lists keep how well each film fits.

-- How well each film fitted, as the list's pages show it: JSON, in the order of movies. Other lists have none.
ALTER TABLE lists ADD COLUMN matches TEXT NOT NULL DEFAULT '[]';
