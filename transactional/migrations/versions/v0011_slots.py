"""What operators want of the lists on the shop's pages; each change is told by an event."""

from alembic import op

revision = "0011"
down_revision = "0010"

# No foreign keys: a product, category or seller that is gone leaves a rule about nothing.
SLOTS = """
create table slot_rules (
    rule_id bigint generated always as identity,
    slot text not null,
    kind text not null,
    product_id bigint,
    category_id bigint,
    seller_id bigint,
    position integer,
    factor double precision,
    starts_at timestamptz,
    ends_at timestamptz,
    note text not null,
    key text not null,
    version bigint not null,
    created_by bigint not null,
    created_at timestamptz not null,
    changed_by bigint not null,
    changed_at timestamptz not null,
    removed_at timestamptz,
    constraint pk_slot_rules primary key (rule_id),
    constraint uq_slot_rules_created_by unique (created_by, key),
    constraint ck_slot_rules_known_kind check (kind in ('pin', 'hide', 'weigh')),
    constraint ck_slot_rules_about_one_thing check (num_nonnulls(product_id, category_id, seller_id) = 1),
    constraint ck_slot_rules_pins_have_a_place
        check ((kind = 'pin') = (position is not null) and (kind <> 'pin' or product_id is not null)),
    constraint ck_slot_rules_weights_have_a_factor check ((kind = 'weigh') = (factor is not null)),
    constraint ck_slot_rules_ends_after_it_starts check (starts_at < ends_at)
);
create index ix_slot_rules_slot on slot_rules (slot, rule_id);
create function tell_slot_rules() returns trigger language plpgsql as $$
declare
    told text := 'slot-rule-' || new.rule_id || '-' || new.version;
begin
    insert into outbox (event_id, topic, key, body, recorded_at)
    select told, 'slot_rules', new.slot, (to_jsonb(new) - 'key')
           || jsonb_build_object('event_id', told, 'occurred_at', new.changed_at), new.changed_at;
    return null;
end $$;
create trigger tell_slot_rules after insert or update on slot_rules
    for each row execute function tell_slot_rules();
"""


def upgrade() -> None:
    """Make the table; no slot has a rule yet."""
    op.execute(SLOTS)


def downgrade() -> None:
    """Drop the table; the events that were told stay in the outbox."""
    op.execute("drop table slot_rules; drop function tell_slot_rules()")
