"""Python imports this by itself wherever its folder is on PYTHONPATH: what a process and its children do is watched.

Whatever leaves this computer, starts another program or changes a file outside WATCHED_PLACES (folders, as in PATH) and
/dev is added to the file WATCHED_LOG as a line "what: of what". What would leave is refused besides.
"""

import ipaddress
import os
import sys
from pathlib import Path

PLACES = [Path(place).resolve() for place in ("/dev", *os.environ["WATCHED_PLACES"].split(os.pathsep))]
LOG = os.open(os.environ["WATCHED_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Events by the place of the names among their arguments, each with the place of the folder that it is relative to.
CHANGES = {
    "os.mkdir": [(0, 2)],
    "os.remove": [(0, 1)],
    "os.rmdir": [(0, 1)],
    "os.rename": [(0, 2), (1, 3)],
    "os.link": [(1, 3)],
    "os.symlink": [(1, 2)],
    "os.truncate": [(0, None)],
    "os.chmod": [(0, 2)],
}
ADDRESSED = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.bind": 1, "socket.getnameinfo": 0}
NAMED = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
STARTED = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}


def here(host):
    """Whether a host is this computer, known without asking anybody."""
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def inside(name, folder):
    """Whether a file may be changed: it lies in one of the places."""
    if isinstance(name, int):
        return True  # opened before, and looked at then
    path = Path("." if folder in (None, -1) else f"/proc/self/fd/{folder}", os.fsdecode(name))
    path = path.parent.resolve() / path.name
    return any(path.is_relative_to(place) for place in PLACES)


def told(what, of):
    """Write a line down."""
    os.write(LOG, f"{what}: {of!r}\n".encode("utf-8", "backslashreplace"))


def watch(event, arguments):
    """The audit hook."""
    if event == "open":
        path, mode, flags = arguments
        writes = flags & WRITING if isinstance(flags, int) else set(mode or "") & set("wax+")
        if writes and not inside(path, None):
            told(event, path)
    elif event in CHANGES:
        for at, folder in CHANGES[event]:
            if not inside(arguments[at], arguments[folder] if folder is not None else None):
                told(event, arguments[at])
    elif event in STARTED:
        if os.fsdecode(arguments[0] or "") != sys.executable:
            told(event, arguments[:2])
    elif event in NAMED or event in ADDRESSED:
        host = arguments[0] if event in NAMED else arguments[ADDRESSED[event]]
        host = host[0] if isinstance(host, tuple) else host if event in NAMED else None  # else of this computer alone
        if not here(host):
            told(event, host)
            raise OSError(f"{event} {host}: refused by the test")


sys.addaudithook(watch)
