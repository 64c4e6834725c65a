"""Events of orders and shipments, readers of the outbox, mails; proofs sent by mail, addresses."""

from alembic import op

revision = "0006"
down_revision = "0005"

READERS = """
create table outbox_readers (
    name text not null,
    position bigint not null,
    batch bigint not null default 0,
    positions bigint[] not null default '{}',
    constraint pk_outbox_readers primary key (name)
);
create table outbox_gaps (
    name text not null,
    position bigint not null,
    below_transaction xid8 not null,
    noted_at timestamptz not null,
    constraint pk_outbox_gaps primary key (name, position),
    constraint fk_outbox_gaps_name foreign key (name) references outbox_readers on delete cascade
);
"""

# Told by the tables themselves, so that no statement that changes an order can forget it.
EVENTS = """
create function tell_order_statuses() returns trigger language plpgsql as $$
begin
    insert into outbox (event_id, topic, key, body, recorded_at)
    select event_id, 'orders', order_id::text,
           jsonb_build_object('event_id', event_id, 'occurred_at', occurred_at,
                              'order_id', order_id, 'customer_id', customer_id,
                              'status', to_status, 'actor', actor), occurred_at
    from (select 'order-' || order_id || '-' || to_status as event_id, order_id, customer_id,
                 to_status, actor, occurred_at
          from entered join orders using (order_id) where to_status <> 'pending') as told
    order by order_id;
    return null;
end $$;
create trigger tell_order_statuses after insert on order_history
    referencing new table as entered for each statement execute function tell_order_statuses();
create function tell_shipments() returns trigger language plpgsql as $$
begin
    insert into outbox (event_id, topic, key, body, recorded_at)
    select event_id, 'shipments', order_id::text,
           jsonb_build_object('event_id', event_id, 'occurred_at', updated_at,
                              'order_id', order_id, 'customer_id', customer_id, 'number', number,
                              'status', status), updated_at
    from (select 'shipment-' || order_id || '-' || number || '-' || changed.status as event_id,
                 order_id, customer_id, number, changed.status, changed.updated_at
          from changed join before using (order_id, number) join orders using (order_id)
          where changed.status <> before.status) as told
    order by order_id, number;
    return null;
end $$;
create trigger tell_shipments after update on shipments
    referencing old table as before new table as changed
    for each statement execute function tell_shipments();
create function tell_refunds() returns trigger language plpgsql as $$
begin
    insert into outbox (event_id, topic, key, body, recorded_at)
    select event_id, 'refunds', order_id::text,
           jsonb_build_object('event_id', event_id, 'occurred_at', updated_at,
                              'order_id', order_id, 'customer_id', customer_id, 'number', number,
                              'cents', cents), updated_at
    from (select 'refund-' || order_id || '-' || number as event_id, order_id, customer_id, number,
                 changed.cents, changed.updated_at
          from changed join before using (order_id, number) join orders using (order_id)
          where changed.status = 'given' and before.status <> 'given') as told
    order by order_id, number;
    return null;
end $$;
create trigger tell_refunds after update on refunds
    referencing old table as before new table as changed
    for each statement execute function tell_refunds();
"""

MAILS = """
create table mails (
    event_id text not null,
    kind text not null,
    customer_id bigint,
    facts jsonb not null,
    created_at timestamptz not null,
    next_try_at timestamptz,
    n_tries integer not null default 0,
    sent_at timestamptz,
    last_error text,
    constraint pk_mails primary key (event_id)
);
create index ix_mails_to_send on mails (next_try_at) where next_try_at is not null;
create index ix_mails_customer_id on mails (customer_id);
"""

ACCOUNTS = """
alter table accounts add email_confirmed_at timestamptz, add deleted_at timestamptz;
create table proofs (
    proof_id bigint generated always as identity,
    customer_id bigint not null,
    purpose text not null,
    email text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz,
    constraint pk_proofs primary key (proof_id),
    constraint fk_proofs_customer_id foreign key (customer_id) references accounts on delete cascade,
    constraint ck_proofs_known_purpose
        check (purpose in ('confirm_email', 'reset_password', 'change_email'))
);
create index ix_proofs_customer_id on proofs (customer_id);
create table addresses (
    address_id bigint generated always as identity,
    customer_id bigint not null,
    recipient text not null,
    street text not null,
    extra text,
    postal_code text not null,
    city text not null,
    region text,
    country text not null,
    phone text,
    is_default boolean not null,
    updated_at timestamptz not null,
    constraint pk_addresses primary key (address_id),
    constraint fk_addresses_customer_id foreign key (customer_id) references accounts on delete cascade
);
create index ix_addresses_customer_id on addresses (customer_id, address_id);
create unique index uq_addresses_default on addresses (customer_id) where is_default;
alter table orders add ship_to jsonb;
"""

BACK = """
alter table orders drop ship_to;
drop table addresses, proofs, mails, outbox_gaps, outbox_readers;
alter table accounts drop email_confirmed_at, drop deleted_at;
drop trigger tell_order_statuses on order_history;
drop trigger tell_shipments on shipments;
drop trigger tell_refunds on refunds;
drop function tell_order_statuses(), tell_shipments(), tell_refunds();
"""


def upgrade() -> None:
    """Make the tables; what happened before is told by no event."""
    for statements in (READERS, EVENTS, MAILS, ACCOUNTS):
        op.execute(statements)


def downgrade() -> None:
    """Drop the tables; the events that were told stay in the outbox."""
    op.execute(BACK)
