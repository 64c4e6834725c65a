"""What operators want of searches; each change is told by an event."""

from alembic import op

revision = "0012"
down_revision = "0011"

# No foreign keys: a product, category or seller that is gone leaves a rule about nothing.
SEARCH_RULES = """
create table search_rules (
    rule_id bigint generated always as identity,
    kind text not null,
    queries text[] not null,
    query_keys text[] not null,
    product_id bigint,
    category_id bigint,
    seller_id bigint,
    brand text,
    position integer,
    factor double precision,
    words text[] not null,
    from_words text[] not null,
    url text,
    starts_at timestamptz,
    ends_at timestamptz,
    note text not null,
    key text not null,
    request_digest text not null,
    version bigint not null,
    created_by bigint not null,
    created_at timestamptz not null,
    changed_by bigint not null,
    changed_at timestamptz not null,
    removed_at timestamptz,
    constraint pk_search_rules primary key (rule_id),
    constraint uq_search_rules_created_by unique (created_by, key),
    constraint ck_search_rules_known_kind
        check (kind in ('pin', 'weigh', 'hide', 'synonym', 'redirect')),
    constraint ck_search_rules_about_one_thing
        check (num_nonnulls(product_id, category_id, seller_id, brand)
               = case when kind in ('pin', 'weigh', 'hide') then 1 else 0 end),
    constraint ck_search_rules_pins_have_a_place
        check ((kind = 'pin') = (position is not null) and (kind <> 'pin' or product_id is not null)),
    constraint ck_search_rules_weights_have_a_factor check ((kind = 'weigh') = (factor is not null)),
    constraint ck_search_rules_redirects_have_an_address
        check ((kind = 'redirect') = (url is not null)),
    constraint ck_search_rules_synonyms_have_words
        check ((kind = 'synonym') = (cardinality(words) > 0)
               and (kind = 'synonym' or cardinality(from_words) = 0)),
    constraint ck_search_rules_queries_where_they_belong
        check (case when kind in ('pin', 'redirect') then cardinality(queries) > 0
                    when kind = 'synonym' then cardinality(queries) = 0 else true end),
    constraint ck_search_rules_ends_after_it_starts check (starts_at < ends_at)
);
create function tell_search_rules() returns trigger language plpgsql as $$
declare
    told text := 'search-rule-' || new.rule_id || '-' || new.version;
begin
    insert into outbox (event_id, topic, key, body, recorded_at)
    select told, 'search_rules', new.rule_id::text,
           (to_jsonb(new) - 'key' - 'query_keys' - 'request_digest')
           || jsonb_build_object('event_id', told, 'occurred_at', new.changed_at), new.changed_at;
    return null;
end $$;
create trigger tell_search_rules after insert or update on search_rules
    for each row execute function tell_search_rules();
"""


def upgrade() -> None:
    """Make the table; no search has a rule yet."""
    op.execute(SEARCH_RULES)


def downgrade() -> None:
    """Drop the table; the events that were told stay in the outbox."""
    op.execute("drop table search_rules; drop function tell_search_rules()")
