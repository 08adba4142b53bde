"""What systemd hears, over a socket as it makes them."""

import socket

import pytest

from bot.systemd import ALIVE, READY, notify


def heard(address, monkeypatch, name, *told):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as of_systemd:
        of_systemd.bind(address)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        notify(*told)
        of_systemd.setblocking(False)
        return of_systemd.recv(1000).decode()


def test_it_hears_over_a_socket_in_a_folder(monkeypatch, tmp_path):
    path = str(tmp_path / "notify")
    assert heard(path, monkeypatch, path, READY) == "READY=1"


def test_it_hears_over_a_socket_that_is_no_file(monkeypatch, tmp_path):
    name = f"marquee-{tmp_path.name}-{id(tmp_path)}"
    assert heard(f"\0{name}", monkeypatch, f"@{name}", ALIVE, "STATUS=well") == "WATCHDOG=1\nSTATUS=well"


@pytest.mark.parametrize("name", [None, "", "/nowhere/notify", "@nobody-listens", "x" * 300])
def test_where_nobody_listens_the_bot_is_as_well_without(monkeypatch, name, caplog):
    if name is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", name)
    notify(READY)
    assert bool(caplog.records) == bool(name)
