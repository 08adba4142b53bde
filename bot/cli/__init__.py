"""The command line: python -m bot [run|preview|train|evaluate|backup FILE|healthcheck|films [update]]."""
