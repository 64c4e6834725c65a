"""TCP ports of this machine."""

import socket


def free_port() -> int:
    """Return a port of 127.0.0.1 that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_free_port(wanted: int, n_tries: int = 100) -> int:
    """Return `wanted`, or the next port above it that nothing listens on.

    Raises
    ------
    OSError
        If none of `n_tries` ports is free.
    """
    for port in range(wanted, wanted + n_tries):
        if not is_listening(port):
            return port
    raise OSError(f"no free port from {wanted} to {wanted + n_tries - 1}: give --port")


def is_listening(port: int) -> bool:
    """Tell whether something on 127.0.0.1 accepts connections at `port`."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
