"""Purchase orders and what came of them; low-stock alerts; when a product was out of stock."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
create table purchase_orders (
    purchase_order_id bigint generated always as identity,
    supplier text not null,
    warehouse_id bigint not null,
    status text not null,
    expected_on date,
    created_at timestamptz not null,
    created_by bigint not null,
    ended_at timestamptz,
    constraint pk_purchase_orders primary key (purchase_order_id),
    constraint fk_purchase_orders_warehouse_id foreign key (warehouse_id) references warehouses,
    constraint ck_purchase_orders_known_status check (status in ('open', 'received', 'closed')),
    constraint ck_purchase_orders_ended check ((status = 'open') = (ended_at is null))
);
create index ix_purchase_orders_open on purchase_orders (purchase_order_id) where status = 'open';
create table purchase_order_lines (
    purchase_order_id bigint not null,
    line_number integer not null,
    product_id bigint not null,
    n_ordered bigint not null,
    n_received bigint not null default 0,
    unit_cost_cents bigint,
    constraint pk_purchase_order_lines primary key (purchase_order_id, line_number),
    constraint uq_purchase_order_lines_purchase_order_id unique (purchase_order_id, product_id),
    constraint fk_purchase_order_lines_purchase_order_id
        foreign key (purchase_order_id) references purchase_orders,
    constraint ck_purchase_order_lines_not_too_many
        check (n_ordered > 0 and 0 <= n_received and n_received <= n_ordered)
);
create index ix_purchase_order_lines_product_id on purchase_order_lines (product_id);
create table receipts (
    purchase_order_id bigint not null,
    delivery_note text not null,
    quantities jsonb not null,
    received_at timestamptz not null,
    actor_id bigint not null,
    constraint pk_receipts primary key (purchase_order_id, delivery_note),
    constraint fk_receipts_purchase_order_id
        foreign key (purchase_order_id) references purchase_orders
);
alter table stock_ledger add purchase_order_id bigint;
create table stock_alerts (
    product_id bigint not null,
    threshold bigint not null,
    is_low boolean not null,
    changed_at timestamptz not null,
    constraint pk_stock_alerts primary key (product_id),
    constraint ck_stock_alerts_not_negative check (threshold >= 0)
);
create table stock_outs (
    product_id bigint not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    constraint pk_stock_outs primary key (product_id, began_at)
);
create unique index uq_stock_outs_open on stock_outs (product_id) where ended_at is null;
"""
BACK = """
alter table stock_ledger drop purchase_order_id;
drop table stock_outs, stock_alerts, receipts, purchase_order_lines, purchase_orders;
"""


def upgrade() -> None:
    """Make the tables; stock-outs are known from now on."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop the tables; what was received stays received."""
    op.execute(BACK)
