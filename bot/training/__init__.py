"""Learning again: when, in which process, by what gate, and where models are kept."""
