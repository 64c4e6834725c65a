"""The sellers' business: applications, commissions, what they sold and earned, payouts.

What a seller sold is known by `sold_lines`, written after the confirmation by a reader of the outbox:
an index of `order_lines` by seller would cost every checkout.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

# Names that differ in capitals alone get their seller's number: from now on they are unique.
SELLERS = """
alter table sellers add name_key text, add about text not null default '', add applied_at timestamptz;
update sellers set name = name || ' ' || seller_id
where exists (select from sellers as first
              where lower(first.name) = lower(sellers.name) and first.seller_id < sellers.seller_id);
update sellers set name_key = lower(name);
alter table sellers add constraint uq_sellers_name_key unique (name_key);
create index ix_sellers_status on sellers (status, seller_id);
create index ix_products_for_sale on products (seller_id, product_id) where status = 'published';
create table seller_decisions (
    decision_id bigint generated always as identity,
    seller_id bigint not null,
    decision text not null,
    note text not null,
    actor_id bigint not null,
    decided_at timestamptz not null,
    constraint pk_seller_decisions primary key (decision_id),
    constraint fk_seller_decisions_seller_id foreign key (seller_id) references sellers,
    constraint ck_seller_decisions_known_decision
        check (decision in ('approve', 'refuse', 'suspend', 'reinstate'))
);
create index ix_seller_decisions_seller_id on seller_decisions (seller_id, decision_id);
create trigger append_only before update or delete on seller_decisions
    for each row execute function refuse_change();
"""

COMMISSIONS = """
create table commission_rates (
    rate_id bigint generated always as identity,
    category_id bigint,
    seller_id bigint,
    basis_points integer,
    since timestamptz not null,
    actor_id bigint,
    constraint pk_commission_rates primary key (rate_id),
    constraint fk_commission_rates_category_id foreign key (category_id) references categories
        on delete cascade,
    constraint fk_commission_rates_seller_id foreign key (seller_id) references sellers,
    constraint ck_commission_rates_in_range check (basis_points between 0 and 10000),
    constraint ck_commission_rates_one_for_all check (
        basis_points is not null or category_id is not null or seller_id is not null)
);
create index ix_commission_rates_category_id on commission_rates (category_id);
create index ix_commission_rates_seller_id on commission_rates (seller_id);
insert into commission_rates (basis_points, since) values (0, '1970-01-01Z');
"""

SOLD = """
create table sold_lines (
    order_id bigint not null,
    line_number integer not null,
    seller_id bigint not null,
    rate_basis_points integer not null,
    constraint pk_sold_lines primary key (order_id, line_number)
) partition by range (order_id);
create index ix_sold_lines_seller_id on sold_lines (seller_id, order_id);
create index ix_shipments_seller_id on shipments (seller_id, status, order_id)
    where seller_id is not null;
do $$ begin
    execute replace(pg_get_functiondef('add_order_partitions(date,integer)'::regprocedure),
                    '''refunds''', '''refunds'', ''sold_lines''');
end $$;
select add_order_partitions('2026-10-01', 8);
create table sold_lines_rest partition of sold_lines default;
insert into sold_lines
select order_id, line_number, seller_id, 0 from order_lines join orders using (order_id)
where seller_id is not null and status not in ('pending', 'cancelled');
"""

MONEY = """
create table payout_runs (
    payout_run_id bigint generated always as identity,
    key text not null,
    earned_before timestamptz not null,
    minimum_cents bigint not null,
    created_at timestamptz not null,
    created_by bigint not null,
    constraint pk_payout_runs primary key (payout_run_id),
    constraint uq_payout_runs_key unique (key),
    constraint ck_payout_runs_some_minimum check (minimum_cents > 0)
);
create table payouts (
    payout_id bigint generated always as identity,
    payout_run_id bigint not null,
    seller_id bigint not null,
    opening_cents bigint not null,
    entries_cents bigint not null,
    cents bigint not null,
    closing_cents bigint not null,
    bank_reference text,
    paid_at timestamptz,
    paid_by bigint,
    constraint pk_payouts primary key (payout_id),
    constraint uq_payouts_payout_run_id unique (payout_run_id, seller_id),
    constraint fk_payouts_payout_run_id foreign key (payout_run_id) references payout_runs,
    constraint fk_payouts_seller_id foreign key (seller_id) references sellers,
    constraint ck_payouts_some_money check (cents > 0),
    constraint ck_payouts_never_too_much check (closing_cents >= 0),
    constraint ck_payouts_adds_up check (opening_cents + entries_cents - cents = closing_cents),
    constraint ck_payouts_paid_by_a_transfer check ((paid_at is null) = (bank_reference is null))
);
create index ix_payouts_seller_id on payouts (seller_id, payout_id);
create table seller_ledger (
    entry_id bigint generated always as identity,
    seller_id bigint not null,
    event_key text not null,
    kind text not null,
    cents bigint not null,
    order_id bigint,
    line_number integer,
    n_units integer,
    rate_basis_points integer,
    payout_id bigint,
    note text,
    actor_id bigint,
    occurred_at timestamptz not null,
    earned_at timestamptz not null,
    constraint pk_seller_ledger primary key (entry_id),
    constraint uq_seller_ledger_event_key unique (event_key),
    constraint fk_seller_ledger_seller_id foreign key (seller_id) references sellers,
    constraint fk_seller_ledger_payout_id foreign key (payout_id) references payouts,
    constraint ck_seller_ledger_sign_of_its_kind check (case kind
        when 'sale' then cents >= 0
        when 'commission' then cents < 0
        when 'refund' then cents <= 0
        when 'commission_refund' then cents > 0
        when 'payout' then cents < 0 and payout_id is not null
        when 'adjustment' then cents <> 0 and note is not null
        else false end)
);
create index ix_seller_ledger_seller_id on seller_ledger (seller_id, entry_id);
create index ix_seller_ledger_order_id on seller_ledger (order_id, line_number)
    where order_id is not null;
create index ix_seller_ledger_payout_id on seller_ledger (payout_id) where payout_id is not null;
create trigger append_only before update or delete on seller_ledger
    for each row execute function refuse_change();
"""

# A code may come back once the promotion it belonged to is over; the shop looks that no two run.
PROMOTIONS = """
alter table promotions drop constraint uq_promotions_code;
create index ix_promotions_code on promotions (code);
"""

BACK = """
drop index ix_promotions_code;
update promotions set code = code || '-' || promotion_id
where exists (select from promotions as later
              where later.code = promotions.code and later.promotion_id > promotions.promotion_id);
alter table promotions add constraint uq_promotions_code unique (code);
do $$ begin
    execute replace(pg_get_functiondef('add_order_partitions(date,integer)'::regprocedure),
                    ', ''sold_lines''', '');
end $$;
drop table seller_ledger, payouts, payout_runs, sold_lines, commission_rates, seller_decisions;
drop index ix_shipments_seller_id, ix_products_for_sale, ix_sellers_status;
alter table sellers drop name_key, drop about, drop applied_at;
"""


def upgrade() -> None:
    """Make the tables; what sellers sold before is without commission."""
    for statements in (SELLERS, COMMISSIONS, SOLD, MONEY, PROMOTIONS):
        op.execute(statements)


def downgrade() -> None:
    """Drop the tables; sellers stay what they are, and of equal codes the last keeps its own."""
    op.execute(BACK)
