"""The command line: python -m bot COMMAND, as `--help` lists them."""
