"""Ports and addresses that the page cannot have."""

import socket
from types import SimpleNamespace

import psutil
import pytest

from japananime.base.errors import UserError
from japananime.web import port


def test_a_port_in_use_is_told_and_a_free_one_is_not():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        with pytest.raises(UserError, match=f"--port is {number}, which another program listens at"):
            port.need("127.0.0.1", number)
    port.need("127.0.0.1", number)


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_computer(host):
    with pytest.raises(UserError, match=f"--host is '{host}', which is no address of this computer"):
        port.need(host, 7860)


CARDS = {
    "lo": [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")],
    "eth0": [(socket.AF_INET, "192.168.1.7"), (socket.AF_INET6, "fe80::1%eth0"), (socket.AF_INET6, "2001:db8::7")],
    "wlan0": [(psutil.AF_LINK, "00:00:00:00:00:00"), (socket.AF_INET, "10.0.0.3")],
}


@pytest.mark.parametrize(
    ("host", "found"),
    [
        ("127.0.0.1", []),
        ("127.0.0.2", []),
        ("::1", []),
        ("localhost", []),
        ("0.0.0.0", ["192.168.1.7", "10.0.0.3"]),
        ("::", ["192.168.1.7", "2001:db8::7", "10.0.0.3"]),
        ("10.0.0.3", ["10.0.0.3"]),
        ("studio.example", ["studio.example"]),
    ],
)
def test_who_reaches_what_is_served_at_a_host(monkeypatch, host, found):
    cards = {
        name: [SimpleNamespace(family=family, address=text) for family, text in card] for name, card in CARDS.items()
    }
    monkeypatch.setattr(port.psutil, "net_if_addrs", lambda: cards)
    assert port.addresses(host) == found


def test_links():
    assert port.link("10.0.0.3", 80) == "http://10.0.0.3:80/"
    assert port.link("2001:db8::7", 7860) == "http://[2001:db8::7]:7860/"
