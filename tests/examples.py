"""How many examples a property test draws."""

import os

N_TIMES = 5 if os.environ.get("EXAMPLES") == "many" else 1


def examples(n: int) -> int:
    """So many in `make test`; five times as many in `make test-long`, which runs property tests again."""
    return n * N_TIMES
