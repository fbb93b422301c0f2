"""Whether the page can be served where it is asked to be."""

import errno
import os
import socket

from japananime.base.errors import UserError, reason


def need(host: str, port: int) -> None:
    """Raise UserError where nothing can be served at a port, before anything is loaded."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            if os.name == "posix":  # elsewhere it would let two listen at one port
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except socket.gaierror:
        raise UserError(f"--host is '{host}', which is no address of this computer") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            words = f"--port is {port}, which another program listens at; another page of japananime, perhaps"
            raise UserError(f"{words}: end it, or give another port, such as --port {port % 65535 + 1}") from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise UserError(f"--host is '{host}', which is no address of this computer") from error
        raise UserError(f"--port is {port}, which cannot be listened at on {host} ({reason(error)})") from error
