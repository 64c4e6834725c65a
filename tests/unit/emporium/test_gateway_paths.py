"""The gateway knows every part of the shop's API (emporium.gateway)."""

from emporium.gateway import TO_SHOP
from transactional.app import make_shop

API = "/api/v1/"


def test_every_part_of_the_shop_is_routed_to_it():
    paths = make_shop("ERROR").openapi()["paths"]

    parts = {path.removeprefix(API).split("/")[0] for path in paths if path.startswith(API)}

    assert parts <= {*TO_SHOP}
