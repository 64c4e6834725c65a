"""Whatever is sold, delivered, sent back and paid out, the sellers' books say what the formulas say.

A property test on a real PostgreSQL; what the books must say is worked out here, with fractions.
"""

import asyncio
import dataclasses
import datetime as dt
import json
from fractions import Fraction
from math import floor

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from transactional.outbox.reading import Event
from transactional.sellers import booking
from transactional.sellers.booking import book_sales
from transactional.sellers.payouts import PayoutRuns, PayoutTerms

pytestmark = pytest.mark.live

START = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
FORTNIGHT = dt.timedelta(days=14)
MINIMUM_CENTS = 100
RATES = {1: 0, 2: 1500, 3: 8333}
EMPTY = """
truncate sellers, accounts, seller_ledger, payouts, payout_runs, sold_lines, commission_rates, orders,
    order_lines, allocations, shipments, returns, return_lines, outbox cascade;
insert into accounts (customer_id, email, password_hash, role, registered_at)
    select n, n, '', 'seller', now() from generate_series(1, 3) as n;
insert into sellers (seller_id, name, customer_id) select n, n, n from generate_series(1, 3) as n;
insert into commission_rates (basis_points, since) values (0, '1970-01-01Z');
"""
SELL = """
insert into orders (order_id, customer_id, status, items_cents, total_cents, currency, placed_at)
    values ({order}, 1, 'processing', {paid}, {paid}, 'EUR', '{now}');
insert into order_lines (order_id, line_number, product_id, seller_id, title, quantity,
                         unit_price_cents, discount_cents)
    values ({order}, 1, 1, {seller}, '', {quantity}, 1000000, {quantity} * 1000000 - {paid});
insert into allocations values ({order}, 1, 1, 1, {here});
insert into shipments (order_id, number, seller_id, warehouse_id, status, updated_at)
    values ({order}, 1, {seller}, 1, 'packing', '{now}');
"""
REST = """
insert into allocations values ({order}, 1, 2, 1, {there});
insert into shipments (order_id, number, seller_id, warehouse_id, status, updated_at)
    values ({order}, 2, {seller}, 2, 'packing', '{now}');
"""
DELIVER = """
update shipments set status = 'delivered', carrier = 'Post' where order_id = {order} and number = {number}
"""
GIVE_BACK = """
insert into returns values ({order}, {number}, 'received', '', 1, '{now}', '{now}');
insert into return_lines values ({order}, {number}, 1, {n});
"""


@dataclasses.dataclass
class Line:
    """A line as this test knows it; `parcels` have the units still on their way."""

    order: int
    seller: int
    quantity: int
    paid: int
    parcels: dict
    delivered: int = 0
    back: int = 0
    n_returns: int = 0
    earned: list = dataclasses.field(default_factory=list)

    def net(self, delivered, back):
        """What the seller has of so many units, those that are back less."""
        units = [floor(Fraction(self.paid * n, self.quantity)) for n in (delivered, back)]
        kept = [u - floor(Fraction(u * RATES[self.seller], 10_000) + Fraction(1, 2)) for u in units]
        return kept[0] - kept[1]

    def net_at(self, cutoff):
        """The same of what was delivered by then; what is back counts from the first delivery."""
        if not self.earned or self.earned[0][0] > cutoff:
            return 0
        n = sum(n for at, n in self.earned if at <= cutoff)
        return self.net(n, min(self.back, self.delivered))


class Books:
    """Drives booking and payouts; keeps what must come of it."""

    def __init__(self, engine, execute, rows):
        self.engine, self.execute, self.rows = engine, execute, rows
        self.now, self.lines, self.paid, self.n_runs = START, [], dict.fromkeys(RATES, 0), 0

    async def sell(self, seller, quantity, paid, here):
        here = min(here, quantity)
        order = len(self.lines) + 1
        values = {
            "order": order,
            "seller": seller,
            "quantity": quantity,
            "paid": paid,
            "here": here,
        }
        values |= {"now": self.now, "there": quantity - here}
        self.execute((SELL + (REST if here < quantity else "")).format(**values))
        parcels = {1: here} | ({2: quantity - here} if here < quantity else {})
        self.lines.append(Line(order, seller, quantity, paid, parcels))
        await self.tell(order, "orders", status="confirmed")

    async def deliver(self, n):
        waiting = [line for line in self.lines if line.parcels]
        if waiting:
            line = waiting[n % len(waiting)]
            number = min(line.parcels)
            units = line.parcels.pop(number)
            line.delivered += units
            line.earned.append((self.now, units))
            self.execute(DELIVER.format(order=line.order, number=number))
            await self.tell(line.order, "shipments", status="delivered")

    async def give_back(self, n, units):
        left = [line for line in self.lines if line.back < line.quantity]
        if left:
            line = left[n % len(left)]
            units = min(units, line.quantity - line.back)
            line.back, line.n_returns = line.back + units, line.n_returns + 1
            values = {"order": line.order, "number": line.n_returns, "n": units, "now": self.now}
            self.execute(GIVE_BACK.format(**values))
            await self.tell(line.order, "order_lines", kind="return")

    async def wait(self, days):
        self.now += dt.timedelta(days=days)

    async def pay(self):
        self.n_runs += 1
        terms = PayoutTerms(FORTNIGHT, MINIMUM_CENTS)
        async with AsyncSession(self.engine) as session, session.begin():
            runs = PayoutRuns(session, 1, lambda: self.now)
            run = await runs.pay(f"run {self.n_runs}", terms)
            totals = await runs.totals(run.payout_run_id)
            found = {p.seller_id: p.cents for p in await runs.payouts(run.payout_run_id)}
        expected = {}
        for seller in RATES:
            own = [line for line in self.lines if line.seller == seller]
            payable = sum(line.net_at(self.now - FORTNIGHT) for line in own) - self.paid[seller]
            if payable >= MINIMUM_CENTS:
                expected[seller] = payable
                self.paid[seller] += payable
        assert found == expected
        assert totals.payouts_cents == -totals.ledger_cents == sum(found.values())
        assert (
            totals.opening_cents + totals.entries_cents - totals.payouts_cents
            == totals.closing_cents
        )

    async def tell(self, order, topic, **of):
        body = {"order_id": order, "occurred_at": self.now.isoformat(), **of}
        event = Event((1, 1), "e", topic, str(order), json.loads(json.dumps(body)), self.now)
        async with self.engine.begin() as connection:
            await book_sales(connection, [event])

    def check(self):
        """The balance is what the formulas say, and lines that came back whole leave nothing."""
        found = {
            row["seller_id"]: row["cents"]
            for row in self.rows(
                "select seller_id, sum(cents)::bigint as cents from seller_ledger group by 1"
            )
        }
        for seller in RATES:
            own = [line for line in self.lines if line.seller == seller]
            nets = [line.net(line.delivered, min(line.back, line.delivered)) for line in own]
            assert found.get(seller, 0) == sum(nets) - self.paid[seller]
        left = self.rows(
            "select order_id, sum(cents)::bigint as cents from seller_ledger"
            " where order_id is not null group by 1"
        )
        by_order = {row["order_id"]: row["cents"] for row in left}
        assert all(
            by_order.get(line.order, 0) == 0 for line in self.lines if line.back == line.quantity
        )
        assert self.rows("select 1 from payouts where closing_cents < 0") == []
        assert self.rows(CHAIN) == []


# Each payout opens with what the one before closed, and between them lie the ledger's entries.
CHAIN = """
select * from (
    select payouts.*, coalesce(lag(closing_cents) over own, 0) as before_cents,
           paid.entry_id, coalesce(lag(paid.entry_id) over own, 0) as after_entry
    from payouts join seller_ledger as paid using (payout_id)
    window own as (partition by payouts.seller_id order by payout_id)) as p
where opening_cents <> before_cents or entries_cents <> (
    select coalesce(sum(cents), 0) from seller_ledger as e
    where e.seller_id = p.seller_id and e.entry_id > after_entry and e.entry_id < p.entry_id)
"""
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("sell"),
            st.integers(1, 3),
            st.integers(1, 7),
            st.integers(0, 3000),
            st.integers(1, 7),
        ),
        st.tuples(st.just("deliver"), st.integers(0, 9)),
        st.tuples(st.just("give_back"), st.integers(0, 9), st.integers(1, 7)),
        st.tuples(st.just("wait"), st.integers(1, 20)),
        st.tuples(st.just("pay")),
    ),
    min_size=8,
    max_size=40,
)


@pytest.fixture
def play(migrated, database, rows):
    """Take steps in an empty shop, looking at the books after each."""

    async def steps(taken):
        url = migrated.replace("postgresql:", "postgresql+asyncpg:")
        engine = create_async_engine(url)
        database.exec_driver_sql(EMPTY)
        for seller, rate in RATES.items():
            values = {"seller": seller, "rate": rate}
            add = "insert into commission_rates (seller_id, basis_points, since) values (:seller, :rate, '2000-01-01Z')"
            database.execute(sa.text(add), values)
        books = Books(engine, database.exec_driver_sql, rows)
        try:
            for name, *values in taken:
                await getattr(books, name)(*values)
                books.check()
        finally:
            await engine.dispose()

    return lambda taken: asyncio.run(steps(taken))


def any_steps(n_examples, play):
    @settings(max_examples=n_examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def look(steps):
        play(steps)

    look()


def test_whatever_happens_the_sellers_books_agree(play):
    any_steps(6, play)


@pytest.mark.long
def test_whatever_happens_a_thousand_times_the_sellers_books_agree(play):
    any_steps(400, play)


def test_a_planted_bug_of_rounding_is_found(play, monkeypatch):
    def each_unit_rounded(line, n_units):
        return line.paid_cents // line.quantity * n_units

    monkeypatch.setattr(booking.SoldUnits, "worth_cents", each_unit_rounded)
    three_for_ten = [("sell", 1, 3, 1000, 3), ("deliver", 0), ("wait", 14), ("pay",)]

    with pytest.raises(AssertionError):
        play(three_for_ten)
