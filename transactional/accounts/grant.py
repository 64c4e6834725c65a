"""Give an account a role.

python -m transactional.accounts.grant --email ann@example.com --role ops
"""

import argparse
import asyncio
import sys

from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.repository import AccountRepository
from transactional.database import make_engine
from transactional.settings import DatabaseSettings


async def grant(database_url: str, email: str, role: str) -> bool:
    """Set the role of the account of `email`; false if there is none."""
    engine = make_engine(database_url, pool_size=1)
    try:
        async with AsyncSession(engine) as session, session.begin():
            return await AccountRepository(session).grant(email.lower(), role)
    finally:
        await engine.dispose()


def main() -> None:
    """Read the arguments and set the role; takes effect at the account's next log-in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--email", required=True)
    parser.add_argument("--role", choices=("shopper", "ops"), required=True)
    args = parser.parse_args()
    if not asyncio.run(grant(DatabaseSettings().database_url, args.email, args.role)):
        sys.exit(f"no account for {args.email}: register it first at POST /api/v1/accounts")


if __name__ == "__main__":
    main()
