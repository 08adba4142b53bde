import gc
import ipaddress
import signal
import socket

import pytest
import torch
from hypothesis import HealthCheck, settings

from tests import postgres as servers

# A busy machine is slow, and that is no failure. Each run tries other examples, and those that failed again: fifty at a time are
# enough.
settings.register_profile("unhurried", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


def pytest_collection_finish() -> None:
    """What has been imported stays: the collector need not go through it again and again."""
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Torch's threads wait busily for each other: on a machine that does other work, two are many times slower than one."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """A shell lets what it runs in the background ignore Ctrl+C. The programs that tests start would inherit that, and never end
    where they are stopped so."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def no_network():
    """No test leaves this machine: no bot fetches films unless a test says from where, and other hosts can't be reached."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_here(self, address):
        if self.family != socket.AF_UNIX and not _is_here(address[0]):
            raise OSError(f"a test wants to connect to {address}")
        return connect(self, address)

    def look_up_here(host, *rest, **options):
        if not _is_here(host):
            raise socket.gaierror(f"a test wants to reach {host}")
        return look_up(host, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_here)
        patch.setattr(socket, "getaddrinfo", look_up_here)
        patch.setenv("MARQUEE_FILMS", "off")
        yield


NO_SERVER = "no PostgreSQL server is installed"


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server, of the tests of one process."""
    if servers.binaries() is None:
        pytest.skip(NO_SERVER)
    with servers.server() as running:
        yield running


def pytest_terminal_summary(terminalreporter):
    left_out = [report for report in terminalreporter.stats.get("skipped", []) if NO_SERVER in str(report.longrepr)]
    if left_out:
        terminalreporter.write_line(
            f"NOBODY RAN {len(left_out)} TESTS OF POSTGRESQL: none is installed here. Debian's package is postgresql.",
            red=True,
        )


def _is_here(host: str | bytes | None) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
