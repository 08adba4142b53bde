"""`python -m bot COMMAND` with another Discord than the one there is: python -m benchmarks.elsewhere REST GATEWAY COMMAND"""

import sys

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.cli.main import main

if __name__ == "__main__":
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = sys.argv.pop(1), yarl.URL(sys.argv.pop(1))
    sys.exit(main())
