"""A password for the page, as every browser asks for it by itself (RFC 7617); the name before it may be any."""

import base64
import binascii
import hmac
from pathlib import Path

from japananime.base.errors import UserError
from japananime.base.files import refuse_other_kinds

CHALLENGE = (b"www-authenticate", b'Basic realm="japananime", charset="UTF-8"')
LONGEST = 1000


def read(path: Path) -> str:
    """The first line of a file; raises UserError where there is none that could be typed."""
    refuse_other_kinds(path)
    try:
        text = path.read_bytes()[: LONGEST + 1].decode()
    except OSError as error:
        raise UserError(f"--password-file is '{path}': cannot be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise UserError(f"--password-file is '{path}': no text; its first line must be the password") from None
    password = text.partition("\n")[0].rstrip("\r")
    if not password or len(text.partition("\n")[0]) > LONGEST:
        raise UserError(f"--password-file is '{path}': its first line must be the password, 1 to {LONGEST} letters")
    return password


def is_given(authorization: str, password: str) -> bool:
    """Whether the header `Authorization` holds a password."""
    kind, _, packed = authorization.partition(" ")
    try:
        _, _, given = base64.b64decode(packed, validate=True).partition(b":")
    except binascii.Error:
        return False
    return kind.lower() == "basic" and hmac.compare_digest(given, password.encode())
