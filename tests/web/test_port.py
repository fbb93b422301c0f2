"""Ports and addresses that the page cannot have."""

import socket

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
