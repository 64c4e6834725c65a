"""Every table of the shop, imported so that its metadata is whole."""

from transactional.accounts import models as accounts
from transactional.catalogue import models as catalogue
from transactional.database import Base
from transactional.experiments import models as experiments
from transactional.fulfilment import models as fulfilment
from transactional.notifications import models as notifications
from transactional.orders import models as orders
from transactional.outbox import models as outbox
from transactional.planning import models as planning
from transactional.promotions import models as promotions
from transactional.reviews import models as reviews
from transactional.search_rules import models as search_rules
from transactional.sellers import models as sellers
from transactional.slots import models as slots
from transactional.stock import models as stock

MODULES = (
    accounts,
    catalogue,
    experiments,
    fulfilment,
    notifications,
    orders,
    outbox,
    planning,
    promotions,
    reviews,
    search_rules,
    sellers,
    slots,
    stock,
)
metadata = Base.metadata
