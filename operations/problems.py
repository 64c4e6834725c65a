"""What the operations API says when something cannot be done."""

from web.problems import Problem, UnavailableProblem


class NotHereProblem(Problem):
    """The platform runs without that part."""

    type, title, status = "/problems/not-here", "Not part of this platform", 404


class UnknownProblem(Problem):
    """There is no such model, version, DAG, run, day or report."""

    type, title, status = "/problems/unknown", "Unknown", 404


class ChampionChangedProblem(Problem):
    """Another version is champion than who decides has seen."""

    type, title, status = "/problems/champion-changed", "Champion changed meanwhile", 409


class NothingBeforeProblem(Problem):
    """There is no champion to go back to."""

    type, title, status = "/problems/nothing-before", "No champion before", 409


class RunRefusedProblem(Problem):
    """Airflow does not start such a run."""

    type, title, status = "/problems/run-refused", "Run refused", 422


class AwayProblem(UnavailableProblem):
    """What answers this cannot be reached."""
