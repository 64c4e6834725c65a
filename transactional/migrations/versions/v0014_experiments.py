"""Experiments on a part of the shoppers; each change is told by an event, a row of the log `experiments`."""

from alembic import op

revision = "0014"
down_revision = "0013"

EXPERIMENTS = """
create table experiments (
    name text not null,
    experiment_version bigint not null,
    layer text not null,
    traffic_basis_points integer not null,
    design jsonb not null,
    state text not null,
    reason text,
    first_bucket integer,
    stopped_arms jsonb not null,
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
    constraint pk_experiments primary key (name),
    constraint uq_experiments_created_by unique (created_by, key),
    constraint ck_experiments_known_state check (state in ('draft', 'running', 'stopped')),
    constraint ck_experiments_stopped_for_a_reason check ((state = 'stopped') = (reason is not null)),
    constraint ck_experiments_within_the_layer
        check (traffic_basis_points between 1 and 10000 and first_bucket >= 0
               and first_bucket + traffic_basis_points <= 10000),
    constraint ck_experiments_run_somewhere check (state = 'draft' or first_bucket is not null),
    constraint ck_experiments_ends_after_it_starts check (starts_at < ends_at)
);
create function tell_experiments() returns trigger language plpgsql as $$
declare
    told text := 'experiment-' || new.name || '-' || new.version;
    definition jsonb := new.design || jsonb_build_object(
        'name', new.name, 'experiment_version', new.experiment_version, 'layer', new.layer,
        'first_bucket', coalesce(new.first_bucket, 0), 'n_buckets', new.traffic_basis_points,
        'stopped_arms', new.stopped_arms, 'starts_at', new.starts_at, 'ends_at', new.ends_at);
begin
    insert into outbox (event_id, topic, key, body, recorded_at)
    values (told, 'experiments', new.name,
            jsonb_build_object(
                'event_id', told, 'occurred_at', new.changed_at, 'name', new.name,
                'experiment_version', new.experiment_version, 'state', new.state,
                'reason', new.reason, 'definition', definition::text),
            new.changed_at);
    return null;
end $$;
create trigger tell_experiments after insert or update on experiments
    for each row execute function tell_experiments();
"""


def upgrade() -> None:
    """Make the table; nothing is tried yet."""
    op.execute(EXPERIMENTS)


def downgrade() -> None:
    """Drop the table; the events that were told stay in the outbox."""
    op.execute("drop table experiments; drop function tell_experiments()")
