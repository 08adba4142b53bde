-- Votes of movie nights that ended are marked as done.

-- From now on, a vote's closing time is taken away once all that follows from it is done.
UPDATE nights SET closes_at = NULL WHERE state NOT IN ('gathering', 'voting');
