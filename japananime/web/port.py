"""Whether the page can be served where it is asked to be, and who can then reach it."""

import errno
import ipaddress
import os
import socket

import psutil

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
        raise UserError(f"--port is {port}, which cannot be listened on on {host} ({reason(error)})") from error


def addresses(host: str) -> list[str]:
    """Addresses by which other computers reach what is served at a host; none where it is for this computer alone."""
    try:
        served = ipaddress.ip_address(host)
    except ValueError:
        return [] if host.lower() == "localhost" else [host]
    if not served.is_unspecified:
        return [] if served.is_loopback else [host]
    families = (socket.AF_INET,) if served.version == 4 else (socket.AF_INET, socket.AF_INET6)
    found = [one.address for each in psutil.net_if_addrs().values() for one in each if one.family in families]
    # Those of one cable alone have its name behind them, which no browser takes.
    return [text for text in found if "%" not in text and not ipaddress.ip_address(text).is_loopback]


def link(address: str, port: int) -> str:
    """What is typed into a browser."""
    return f"http://[{address}]:{port}/" if ":" in address else f"http://{address}:{port}/"
