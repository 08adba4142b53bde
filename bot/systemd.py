"""What systemd wants to hear of a service of Type=notify, and of its watchdog (sd_notify(3))."""

import logging
import os
import socket

log = logging.getLogger(__name__)

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def notify(*told: str) -> None:
    """Tell systemd, if it is what started this process. Never raises: the bot is as well without."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # a name without a file
        address = f"\0{address[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.setblocking(False)
            to.sendto("\n".join(told).encode(), address)
    except OSError as error:
        log.warning("systemd could not be told %s: %s", told[0], error)
