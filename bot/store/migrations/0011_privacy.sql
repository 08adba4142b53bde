-- What members let others see.

-- What a member lets others see, each of it off until they switch it on; bot/store/records.py says what each switch means.
CREATE TABLE privacy (
    member_id INTEGER PRIMARY KEY,
    picture INTEGER NOT NULL DEFAULT 0 CHECK (picture IN (0, 1)),
    matches INTEGER NOT NULL DEFAULT 0 CHECK (matches IN (0, 1)),
    clubs INTEGER NOT NULL DEFAULT 0 CHECK (clubs IN (0, 1)),
    reasons INTEGER NOT NULL DEFAULT 0 CHECK (reasons IN (0, 1))
) STRICT;
