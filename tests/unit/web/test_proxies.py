import pytest

from web.proxies import Proxies

NETWORKS = "10.42.0.0/16, 192.0.2.7 2001:db8::/32"


@pytest.mark.parametrize(
    ("address", "is_ours"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.42.3.4", True),
        ("10.43.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8:1::5", True),
        ("testclient", False),
        ("", False),
    ],
)
def test_an_address_is_ours_if_it_is_this_machine_or_in_a_network_that_was_named(address, is_ours):
    assert (address in Proxies(NETWORKS)) is is_ours


def test_without_networks_only_this_machine_is_ours():
    assert "10.42.3.4" not in Proxies()


def test_what_is_no_network_is_refused_with_what_it_is():
    with pytest.raises(ValueError, match=r"10\.42\.0\.0/40"):
        Proxies("10.42.0.0/40")
