"""Each engine in a file of its own."""
