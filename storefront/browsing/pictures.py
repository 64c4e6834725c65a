"""Pictures drawn for products that have none: a category has its shape and colour, a product its own tone."""

import random

from fastapi import APIRouter, Response

router = APIRouter()
FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}
SHAPES = (
    '<path d="M60 180V110a60 60 0 0 1 120 0v70z"/><circle cx="120" cy="110" r="26" fill="{light}"/>',
    '<rect x="62" y="72" width="116" height="104" rx="14"/><path d="M62 104h116" stroke="{light}" stroke-width="8"/>',
    '<circle cx="120" cy="122" r="62"/><path d="M120 60v124M58 122h124" stroke="{light}" stroke-width="8"/>',
    '<path d="M120 52l64 36v68l-64 36-64-36V88z"/><path d="M56 88l64 36 64-36M120 124v68" stroke="{light}" stroke-width="8" fill="none"/>',
    '<path d="M78 84h84l18 96H60z"/><path d="M96 84a24 24 0 0 1 48 0" stroke="{dark}" stroke-width="10" fill="none"/>',
    '<rect x="92" y="48" width="56" height="40" rx="10"/><path d="M80 88h80l12 92a10 10 0 0 1-10 10H78a10 10 0 0 1-10-10z"/><circle cx="120" cy="138" r="20" fill="{light}"/>',
    '<path d="M54 150c0-50 30-84 66-84s66 34 66 84z"/><rect x="44" y="150" width="152" height="22" rx="11"/>',
    '<rect x="52" y="84" width="60" height="96" rx="10"/><rect x="124" y="56" width="64" height="124" rx="10"/><circle cx="156" cy="84" r="12" fill="{light}"/>',
)


def drawn(category_id: int, product_id: int) -> str:
    """Return the picture as SVG, a few hundred bytes: the same for the same ids."""
    of_category, of_product = random.Random(category_id), random.Random(product_id)  # noqa: S311
    shape, hue = of_category.choice(SHAPES), of_category.randrange(360)
    tone, turn = of_product.randrange(-14, 15), of_product.randrange(-9, 10)
    dark, light = f"hsl({hue + tone} 38% 42%)", f"hsl({hue + tone} 44% 82%)"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240">'
        f'<rect width="240" height="240" fill="hsl({hue + tone} 36% 92%)"/>'
        f'<g fill="{dark}" transform="rotate({turn} 120 120)">{shape.format(light=light, dark=dark)}</g>'
        "</svg>"
    )


@router.get("/picture/{category_id}/{product_id}.svg")
async def picture(category_id: int, product_id: int) -> Response:
    """Draw a product's picture."""
    return Response(drawn(category_id, product_id), headers=FOREVER, media_type="image/svg+xml")
