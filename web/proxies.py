"""Which addresses are our own: reverse proxies and pages, whose word on the client counts."""

from functools import lru_cache
from ipaddress import ip_address, ip_network

LOCAL = ("127.0.0.1", "::1")
MOST_KEPT = 4096


class Proxies:
    """A container of addresses: this machine's own, and those of `networks`.

    Parameters
    ----------
    networks
        CIDR notation, separated by commas or spaces, such as `10.42.0.0/16, 192.0.2.7`. Everybody who
        can send from them may claim to be any client, so they hold nothing but our own processes.

    Raises
    ------
    ValueError
        If one is no network.
    """

    def __init__(self, networks: str = "") -> None:
        self._networks = tuple(ip_network(each) for each in networks.replace(",", " ").split())
        self._holds = lru_cache(MOST_KEPT)(self._looked_up)

    def __contains__(self, address: object) -> bool:
        return address in LOCAL or (bool(self._networks) and self._holds(address))

    def _looked_up(self, address: object) -> bool:
        try:
            found = ip_address(str(address))
        except ValueError:  # a test's client, or a socket without an address
            return False
        return any(found in network for network in self._networks)
