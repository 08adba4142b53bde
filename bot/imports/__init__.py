"""Ratings from elsewhere: from the bytes of a file to rows, and from rows to films."""
