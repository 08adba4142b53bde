"""From a taste to a short list."""
