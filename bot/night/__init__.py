"""Movie nights: who is there, what they may watch, how it is decided, and what is learned from it."""
