import sys

if __name__ == "__main__":
    if sys.argv[1:] == ["healthcheck"]:  # the rest of the command line takes half a second to import
        from bot.cli.healthcheck import main
    else:
        from bot.cli.main import main
    sys.exit(main())
