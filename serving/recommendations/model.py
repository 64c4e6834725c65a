"""The champion recommender: fetched from the registry, swapped when another becomes champion."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog

from features.schemas.feature_sets import RECOMMENDER
from models.live import FEATURE_SERVICE, LiveRecommender
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from serving.published import Published

MODEL = "recommender"
N_KEPT_VERSIONS = 3
MISSING = "There is no champion model yet: run the DAG train_recommendations."
NO_CHALLENGER = "No experiment wants a challenger, or none was trained."


class OtherFeaturesError(Exception):
    """A model was taught by other features than are served; the message says what to do."""


def published_model(
    latest: Callable[[], str | None],
    load: Callable[[str], LiveRecommender],
    log: structlog.BoundLogger,
) -> Published[LiveRecommender]:
    """Return the champion, not loaded yet.

    Parameters
    ----------
    latest
        Returns the champion's version, None if there is none.
    load
        Loads a version.
    """
    return Published(latest=latest, load=load, missing=MISSING, log=log.bind(what="model"))


def published_challenger(
    latest: Callable[[], str | None],
    load: Callable[[str], LiveRecommender],
    is_wanted: Callable[[], bool],
    log: structlog.BoundLogger,
) -> Published[LiveRecommender]:
    """Return the newest version trained, not loaded before an experiment wants it: it costs memory."""
    return Published(
        latest=lambda: latest() if is_wanted() else None,
        load=load,
        missing=NO_CHALLENGER,
        log=log.bind(what="challenger"),
    )


@dataclass(frozen=True)
class Registry:
    """The model registry at `tracking_uri`; versions are kept below `folder`.

    MLflow is imported at the first look, in a thread of its own: that takes seconds, and searching
    need not wait for it.
    """

    tracking_uri: str
    folder: Path

    def latest(self) -> str | None:
        """Return the champion's version, None if there is none."""
        from models import registry  # noqa: PLC0415 - see the class

        return registry.champion_version(self.tracking_uri, MODEL)

    def latest_challenger(self) -> str | None:
        """Return the newest version trained, None if there is none."""
        from models import registry  # noqa: PLC0415 - see the class

        return registry.challenger_version(self.tracking_uri, MODEL)

    def load(self, version: str) -> LiveRecommender:
        """Fetch a version, open it and ask it once: what can't answer is not swapped in."""
        from models import registry  # noqa: PLC0415 - see the class

        folder = registry.download(self.tracking_uri, MODEL, version, self.folder / version)
        recommender = LiveRecommender.load(folder)
        refuse_other_features(recommender, version)
        ask(recommender)
        self._drop_old()
        return recommender

    def _drop_old(self) -> None:
        """Keep the newest few; what another process still has mapped stays readable to it."""
        by_age = sorted(self.folder.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        for path in by_age[:-N_KEPT_VERSIONS]:
            shutil.rmtree(path, ignore_errors=True)


def refuse_other_features(model: LiveRecommender, version: str) -> None:
    """Let no model answer that was taught by features which are not those that requests read.

    Raises
    ------
    OtherFeaturesError
        If it says so; a model of before that was kept says nothing.
    """
    taught_by = model.metadata.get(FEATURE_SERVICE, RECOMMENDER.service)
    if taught_by != RECOMMENDER.service:
        raise OtherFeaturesError(
            f"{MODEL} {version} was trained on the features {taught_by}, and {RECOMMENDER.service} are "
            "served: run the DAG train_recommendations with this code, or serve with that version's"
        )


def ask(model: LiveRecommender) -> None:
    """Ask every question once; trees are compiled at the first one."""
    for user_id in model.past.user_ids[:1].tolist():
        shortlist = model.shortlist(user_id)
        if shortlist is not None:
            nothing = np.full((len(shortlist.item_ids), len(PRODUCT_COLUMNS)), np.nan, np.float32)
            model.scores(shortlist, nothing, np.full(len(USER_COLUMNS), np.nan, np.float32))
    for item_id in model.past.item_ids[:1].tolist():
        model.similar(item_id)
        model.after([item_id])
