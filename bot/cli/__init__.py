"""The command line: python -m bot [run|preview|train|evaluate|backup FILE|restore [FILE]|upgrade|films [update]]."""
