-- Servers may name their streaming services.

-- Where a server's people watch films: an ISO 3166-1 code, or NULL, and the names of their services as a JSON list.
ALTER TABLE guilds ADD COLUMN region TEXT;
ALTER TABLE guilds ADD COLUMN services TEXT NOT NULL DEFAULT '[]';
