"""Where the page answers: looked at before anything is started, with a sentence for each way in which it cannot be."""

import contextlib
import errno
import os
import socket
from collections.abc import Iterator

from crossmodal.errors import CrossmodalError

FIRST_PORT, PORTS = 7860, 100  # the ports that are tried where none is asked for
LOOPBACK = "127.0.0.1"


def free_address(host: str, port: int | None = None) -> tuple[str, int]:
    """An address of this machine that a server can listen on.

    Args:
        host: a name or an address; one of IPv6 may stand in brackets.
        port: 1 to 65535; the first free one from 7860 on if None.

    Returns:
        (host, port); an address of IPv6 stands in brackets, as in a URL.

    Raises:
        CrossmodalError: the host has no address, or not one of this machine, or the port is taken or not allowed.
    """
    name = host.strip("[]")
    try:
        family, _, _, _, place = socket.getaddrinfo(name, port or FIRST_PORT, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise CrossmodalError(f"There is no host {host}: choose another --host, such as {LOOPBACK}.") from None
    shown = f"[{name}]" if ":" in name else name
    for tried in [port] if port else range(FIRST_PORT, FIRST_PORT + PORTS):
        reason = _why_not(family, (place[0], tried, *place[2:]))
        if reason is None:
            return shown, tried
        if reason == errno.EADDRNOTAVAIL:
            raise CrossmodalError(f"{host} is not an address of this machine: choose another --host.")
        if reason != errno.EADDRINUSE and port:
            words = os.strerror(reason)
            raise CrossmodalError(f"No page can be served at {shown}:{port} ({words}): {_advice(reason)}.")
    taken = f"{shown}:{port} is taken" if port else f"All ports from {FIRST_PORT} to {FIRST_PORT + PORTS - 1} are taken"
    raise CrossmodalError(f"{taken}: choose another --port.")


def _advice(reason: int) -> str:
    return "choose a --port of 1024 or more" if reason == errno.EACCES else "choose another --host or --port"


def _why_not(family: int, place: tuple) -> int | None:
    """The error number of listening at a place, None if it can be done."""
    try:
        with socket.socket(family, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(place)
    except OSError as error:
        return error.errno or errno.EINVAL
    return None


@contextlib.contextmanager
def without_proxy() -> Iterator[None]:
    """Let this process ask no proxy in the block: a server that looks for itself must not look through one."""
    before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    os.environ |= dict.fromkeys(before, "*")
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
