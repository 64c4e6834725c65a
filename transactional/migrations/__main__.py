"""python -m transactional.migrations upgrade|downgrade [revision]."""

import argparse

from transactional import migrations
from transactional.settings import DatabaseSettings

COMMANDS = {"upgrade": migrations.upgrade, "downgrade": migrations.downgrade}
DEFAULT_REVISIONS = {"upgrade": "head", "downgrade": "base"}


def main() -> None:
    """Read the arguments and DATABASE_URL, and move the database."""
    parser = argparse.ArgumentParser(description=migrations.__doc__)
    parser.add_argument("direction", choices=COMMANDS)
    parser.add_argument("revision", nargs="?", help="default: head for upgrade, base for downgrade")
    args = parser.parse_args()
    revision = args.revision or DEFAULT_REVISIONS[args.direction]
    COMMANDS[args.direction](DatabaseSettings().database_url, revision)


main()
