"""/catalogue/products/{product_id}: anyone reads, operators change."""

from fastapi import APIRouter, Request

from transactional.callers import OperatorDep
from transactional.catalogue.deps import CatalogueServiceDep
from transactional.catalogue.models import Product
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.schemas import ProductChange, ProductView
from transactional.deps import SessionDep
from transactional.errors import UnknownProductProblem
from transactional.fields import ProductId
from transactional.stock.repository import StockRepository

router = APIRouter(prefix="/catalogue", tags=["catalogue"])


@router.get("/products/{product_id}")
async def read_product(product_id: ProductId, session: SessionDep, request: Request) -> ProductView:
    """Return a product with its price and the units that can be sold now."""
    product = await CatalogueRepository(session).product(product_id)
    if product is None:
        raise UnknownProductProblem(product_id)
    return await _view(product, session, request.app.state.currency)


@router.patch("/products/{product_id}")
async def change_product(
    product_id: ProductId,
    body: ProductChange,
    _: OperatorDep,
    service: CatalogueServiceDep,
    request: Request,
) -> ProductView:
    """Change a product's title, price or status."""
    product = await service.change(product_id, body.values())
    return await _view(product, service.catalogue.session, request.app.state.currency)


async def _view(product: Product, session: SessionDep, currency: str) -> ProductView:
    path = await CatalogueRepository(session).category_path(product.category_id)
    n_available = await StockRepository(session).n_available(product.product_id) or 0
    fields = {column.name: getattr(product, column.name) for column in product.__table__.columns}
    return ProductView.model_validate(
        {**fields, "category_path": path, "currency": currency, "n_available": n_available}
    )
