"""Sessions: refresh tokens that are good once, and from when on an account's access tokens count."""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
alter table accounts add tokens_valid_from timestamptz;
create index ix_accounts_tokens_valid_from on accounts (tokens_valid_from)
    where tokens_valid_from is not null;
create table sessions (
    session_id bigint generated always as identity,
    customer_id bigint not null,
    began_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz,
    ended_why text,
    constraint pk_sessions primary key (session_id),
    constraint fk_sessions_customer_id foreign key (customer_id) references accounts on delete cascade,
    constraint ck_sessions_ended_for_a_reason check ((ended_at is null) = (ended_why is null))
);
create index ix_sessions_customer_id on sessions (customer_id);
create table refresh_tokens (
    token_hash bytea not null,
    session_id bigint not null,
    used_at timestamptz,
    constraint pk_refresh_tokens primary key (token_hash),
    constraint fk_refresh_tokens_session_id foreign key (session_id) references sessions on delete cascade
);
create index ix_refresh_tokens_session_id on refresh_tokens (session_id);
"""


def upgrade() -> None:
    """Make the tables; nobody has a session yet."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop the tables; everybody logs in again once their access token is over."""
    op.execute("drop table refresh_tokens, sessions; alter table accounts drop tokens_valid_from")
