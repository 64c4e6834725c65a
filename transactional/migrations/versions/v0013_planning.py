"""Proposed purchase orders and transfers, on what terms products are bought, how fast they sell."""

from alembic import op

revision = "0013"
down_revision = "0012"

PURCHASE_ORDERS = """
alter table purchase_orders
    add run_day date,
    add version bigint not null default 1,
    add edited_at timestamptz,
    add edited_by bigint,
    add decided_at timestamptz,
    add decided_by bigint,
    add reason text,
    drop constraint ck_purchase_orders_known_status,
    drop constraint ck_purchase_orders_ended,
    add constraint ck_purchase_orders_known_status
        check (status in ('draft', 'rejected', 'open', 'received', 'closed')),
    add constraint ck_purchase_orders_ended
        check ((status in ('draft', 'open')) = (ended_at is null)),
    add constraint ck_purchase_orders_rejected_for_a_reason
        check (status <> 'rejected' or reason is not null),
    add constraint ck_purchase_orders_drafts_are_of_a_run
        check (status not in ('draft', 'rejected') or run_day is not null);
create index ix_purchase_orders_run_day on purchase_orders (run_day) where run_day is not null;
alter table purchase_order_lines
    add n_proposed bigint,
    add explanation jsonb,
    drop constraint ck_purchase_order_lines_not_too_many,
    add constraint ck_purchase_order_lines_not_too_many
        check (0 <= n_received and n_received <= n_ordered
               and (n_ordered > 0 or n_proposed is not null));
"""
# No foreign keys to products: what is known of one that is gone is harmless.
TABLES = """
create table planning_runs (
    run_day date not null,
    made_at timestamptz not null,
    made_by bigint not null,
    constraint pk_planning_runs primary key (run_day)
);
create table supply_terms (
    product_id bigint not null,
    supplier text not null,
    unit_cost_cents bigint not null,
    pack_size bigint not null,
    minimum_order bigint not null,
    shelf_life_days integer,
    service_class text,
    version bigint not null,
    changed_by bigint not null,
    changed_at timestamptz not null,
    constraint pk_supply_terms primary key (product_id),
    constraint ck_supply_terms_sane
        check (unit_cost_cents >= 0 and pack_size > 0 and minimum_order > 0 and shelf_life_days > 0),
    constraint ck_supply_terms_known_class check (service_class ~ '^[ABC][XYZ]$')
);
create index ix_supply_terms_supplier on supply_terms (supplier, product_id);
create table proposed_transfers (
    transfer_id bigint generated always as identity,
    run_day date not null,
    product_id bigint not null,
    from_warehouse_id bigint not null,
    to_warehouse_id bigint not null,
    quantity bigint not null,
    n_proposed bigint not null,
    explanation jsonb not null,
    status text not null,
    version bigint not null default 1,
    created_at timestamptz not null,
    created_by bigint not null,
    edited_at timestamptz,
    edited_by bigint,
    decided_at timestamptz,
    decided_by bigint,
    reason text,
    constraint pk_proposed_transfers primary key (transfer_id),
    constraint fk_proposed_transfers_from foreign key (from_warehouse_id) references warehouses,
    constraint fk_proposed_transfers_to foreign key (to_warehouse_id) references warehouses,
    constraint ck_proposed_transfers_known_status check (status in ('draft', 'moved', 'rejected')),
    constraint ck_proposed_transfers_decided check ((status = 'draft') = (decided_at is null)),
    constraint ck_proposed_transfers_rejected_for_a_reason
        check (status <> 'rejected' or reason is not null),
    constraint ck_proposed_transfers_some_units
        check (quantity > 0 and from_warehouse_id <> to_warehouse_id)
);
create index ix_proposed_transfers_status on proposed_transfers (status, transfer_id);
create table demand_rates (
    product_id bigint not null,
    units_per_day double precision not null,
    told_at timestamptz not null,
    constraint pk_demand_rates primary key (product_id),
    constraint ck_demand_rates_not_negative check (units_per_day >= 0)
);
alter table stock_alerts
    alter threshold drop not null,
    add days_of_cover double precision,
    add constraint ck_stock_alerts_one_bound check (num_nonnulls(threshold, days_of_cover) = 1),
    add constraint ck_stock_alerts_days_not_negative check (days_of_cover >= 0);
"""
BACK = """
delete from stock_alerts where threshold is null;
alter table stock_alerts drop days_of_cover, alter threshold set not null;
drop table demand_rates, proposed_transfers, supply_terms, planning_runs;
delete from purchase_order_lines where n_ordered = 0 or purchase_order_id in (
    select purchase_order_id from purchase_orders where status in ('draft', 'rejected'));
delete from purchase_orders where status in ('draft', 'rejected');
alter table purchase_order_lines
    drop constraint ck_purchase_order_lines_not_too_many,
    add constraint ck_purchase_order_lines_not_too_many
        check (n_ordered > 0 and 0 <= n_received and n_received <= n_ordered),
    drop n_proposed,
    drop explanation;
alter table purchase_orders
    drop constraint ck_purchase_orders_known_status,
    drop constraint ck_purchase_orders_ended,
    drop constraint ck_purchase_orders_rejected_for_a_reason,
    drop constraint ck_purchase_orders_drafts_are_of_a_run,
    add constraint ck_purchase_orders_known_status check (status in ('open', 'received', 'closed')),
    add constraint ck_purchase_orders_ended check ((status = 'open') = (ended_at is null)),
    drop run_day, drop version, drop edited_at, drop edited_by, drop decided_at, drop decided_by,
    drop reason;
"""


def upgrade() -> None:
    """Make the tables; nothing is proposed and nothing is known of suppliers yet."""
    op.execute(PURCHASE_ORDERS)
    op.execute(TABLES)


def downgrade() -> None:
    """Drop the tables, drafts and what was rejected; what was approved stays on order."""
    op.execute(BACK)
