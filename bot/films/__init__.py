"""Where films come from: one small reader a source, and what all of them together know."""
