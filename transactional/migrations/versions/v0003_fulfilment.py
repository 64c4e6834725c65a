"""Fulfilment: shipments, returns and refunds, partitioned by time like the orders they belong to."""

from alembic import op

revision = "0003"
down_revision = "0002"

ORDERS = ("orders", "order_lines", "allocations", "order_history")
FULFILMENT = ("shipments", "returns", "return_lines", "refunds")
ADD_PARTITIONS = """
create or replace function add_order_partitions(since date, n_quarters integer) returns void
language plpgsql as $$
declare
    parent text;
    quarter date;
begin
    for n in 0 .. n_quarters - 1 loop
        quarter := (date_trunc('quarter', since::timestamp) + n * interval '3 months')::date;
        foreach parent in array array[{names}] loop
            execute format(
                'create table if not exists %I partition of %I for values from (%s) to (%s)',
                parent || to_char(quarter, '_YYYY_"q"Q'), parent,
                first_order_id(quarter::timestamp at time zone 'utc'),
                first_order_id((quarter + interval '3 months') at time zone 'utc'));
        end loop;
    end loop;
end $$;
"""

TABLES = """
create table shipments (
    order_id bigint not null,
    number integer not null,
    seller_id bigint,
    warehouse_id bigint not null,
    status text not null,
    carrier text,
    tracking text,
    updated_at timestamptz not null,
    constraint pk_shipments primary key (order_id, number),
    constraint ck_shipments_known_status check (status in ('packing', 'shipped', 'delivered')),
    constraint ck_shipments_carrier_once_shipped check ((status = 'packing') = (carrier is null))
) partition by range (order_id);
create table returns (
    order_id bigint not null,
    number integer not null,
    status text not null,
    reason text not null,
    refund_cents bigint,
    requested_at timestamptz not null,
    ended_at timestamptz,
    constraint pk_returns primary key (order_id, number),
    constraint ck_returns_known_status check (status in ('requested', 'received', 'refused')),
    constraint ck_returns_refunded_once_received check ((status = 'received') = (refund_cents is not null)),
    constraint ck_returns_ended check ((status = 'requested') = (ended_at is null))
) partition by range (order_id);
create table return_lines (
    order_id bigint not null,
    number integer not null,
    line_number integer not null,
    quantity integer not null,
    constraint pk_return_lines primary key (order_id, number, line_number),
    constraint ck_return_lines_some_units check (quantity > 0)
) partition by range (order_id);
create table refunds (
    order_id bigint not null,
    number integer not null,
    cents bigint not null,
    reason text not null,
    status text not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    constraint pk_refunds primary key (order_id, number),
    constraint ck_refunds_some_money check (cents > 0),
    constraint ck_refunds_known_status check (status in ('due', 'given'))
) partition by range (order_id);
create index ix_refunds_due on refunds (updated_at) where status = 'due';
"""
PARTITIONS = """
select add_order_partitions('2026-10-01', 8);
create table shipments_rest partition of shipments default;
create table returns_rest partition of returns default;
create table return_lines_rest partition of return_lines default;
create table refunds_rest partition of refunds default;
create index ix_orders_to_pack on orders (order_id) where status in ('confirmed', 'processing');
"""
BACK = """
drop index ix_orders_to_pack;
drop table refunds, return_lines, returns, shipments;
"""


def upgrade() -> None:
    """Make the tables; orders that are confirmed wait to be packed."""
    op.execute(TABLES + _add_partitions(*ORDERS, *FULFILMENT) + PARTITIONS)


def downgrade() -> None:
    """Drop the tables; what was shipped stays shipped."""
    op.execute(_add_partitions(*ORDERS) + BACK)


def _add_partitions(*tables: str) -> str:
    """Return the function that makes the partitions of these tables for some quarters."""
    return ADD_PARTITIONS.format(names=", ".join(f"'{table}'" for table in tables))
