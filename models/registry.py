"""The only door to MLflow: versions of models with what is needed to judge, repeat and undo them."""

import shutil
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException

CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"
GATE, PROMOTED, ROLLED_BACK = "gate", "promoted", "rolled_back"
N_MODELS = 100
RegistryError = MlflowException
"""What is raised where MLflow cannot be reached, or refuses."""
LINEAGE = FEATURE_SERVICE, FEATURE_VIEWS = "feature_service", "feature_views"


class NoPreviousVersionError(LookupError):
    """There is nothing to roll back to."""


class UnknownVersionError(LookupError):
    """No version of this number is registered."""


@dataclass(frozen=True)
class TrainingRecord:
    """What is stored beside a model. `code_version` is a git commit, `data_version` of the lake.

    Parameters
    ----------
    feature_service
        The store's service that has just the features it learned from; empty if it learned from none.
    feature_views
        The version of what was taken of each view.
    """

    code_version: str
    data_version: str
    date: str
    params: Mapping[str, float | int | str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    feature_service: str = ""
    feature_views: Mapping[str, str] = field(default_factory=dict)

    def tags(self) -> dict[str, str]:
        """Return what leads from the model to its features."""
        if not self.feature_service:
            return {}
        views = ", ".join(f"{view} {version}" for view, version in self.feature_views.items())
        return {FEATURE_SERVICE: self.feature_service, FEATURE_VIEWS: views}


def log_run(tracking_uri: str, name: str, record: TrainingRecord, artifacts: Path | None) -> str:
    """Record a training run in the experiment `name` and return its id.

    Parameters
    ----------
    artifacts
        A folder whose content becomes the run's artifacts.
    """
    client = MlflowClient(tracking_uri)
    run_id = str(client.create_run(_experiment(client, name), run_name=record.date).info.run_id)
    try:
        params = {
            **record.params,
            "date": record.date,
            "code_version": record.code_version,
            "data_version": record.data_version,
        }
        client.log_batch(
            run_id,
            metrics=[Metric(key, value, 0, 0) for key, value in record.metrics.items()],
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(key, value) for key, value in record.tags().items()],
        )
        if artifacts is not None:
            client.log_artifacts(run_id, str(artifacts))
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id)
    return run_id


@dataclass(frozen=True)
class ChildRun:
    """A run below another one; `status` is MLflow's: FINISHED, KILLED (not worth ending) or FAILED."""

    name: str
    params: Mapping[str, float | int | str]
    metrics: Mapping[str, float]
    status: str = "FINISHED"
    note: str = ""


def begin_run(tracking_uri: str, experiment: str, name: str, params: Mapping[str, object]) -> str:
    """Begin a run that others are to lie below, and return its id; `end_run` ends it."""
    client = MlflowClient(tracking_uri)
    run_id = str(client.create_run(_experiment(client, experiment), run_name=name).info.run_id)
    client.log_batch(run_id, params=[Param(key, str(value)) for key, value in params.items()])
    return run_id


def log_child(tracking_uri: str, parent_id: str, child: ChildRun) -> None:
    """Record a run that is over below one that was begun; figures that are no number are left out."""
    client = MlflowClient(tracking_uri)
    experiment_id = client.get_run(parent_id).info.experiment_id
    tags = {"mlflow.parentRunId": parent_id, "mlflow.note.content": child.note}
    made = client.create_run(experiment_id, run_name=child.name, tags=tags).info.run_id
    _log_figures(client, made, child.metrics, child.params)
    client.set_terminated(made, child.status)


def end_run(
    tracking_uri: str,
    run_id: str,
    metrics: Mapping[str, float],
    params: Mapping[str, float | int | str],
    status: str = "FINISHED",
) -> None:
    """End a run that was begun, with what came out of those below it."""
    client = MlflowClient(tracking_uri)
    _log_figures(client, run_id, metrics, params)
    client.set_terminated(run_id, status)


def _log_figures(
    client: MlflowClient,
    run_id: str,
    metrics: Mapping[str, float],
    params: Mapping[str, float | int | str],
) -> None:
    client.log_batch(
        run_id,
        metrics=[Metric(key, value, 0, 0) for key, value in finite(metrics).items()],
        params=[Param(key, str(value)) for key, value in params.items()],
    )


def finite(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the figures that are numbers."""
    return {name: value for name, value in metrics.items() if isfinite(value)}


@dataclass(frozen=True)
class Version:
    """A registered version.

    Parameters
    ----------
    aliases
        `champion` serves.
    date
        The last day (YYYY-MM-DD) it was trained on.
    gate, promoted
        What the gate said, and why it last became champion; empty where neither happened.
    feature_service, feature_views
        What it learned from (`TrainingRecord`); empty of versions of before that was kept.
    card
        Its page, in Markdown.
    """

    version: str
    aliases: Sequence[str]
    date: str
    gate: str
    promoted: str
    feature_service: str
    feature_views: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    card: str

    def views(self) -> list[str]:
        """Return the names of the feature views that it learned from."""
        return [each.split()[0] for each in self.feature_views.split(", ") if each]


@dataclass(frozen=True)
class Registered:
    """A registered model; `aliases` name versions."""

    name: str
    aliases: Mapping[str, str]


def registered(tracking_uri: str) -> list[Registered]:
    """Return all registered models by name, at most 100."""
    found = MlflowClient(tracking_uri).search_registered_models(
        max_results=N_MODELS, order_by=["name ASC"]
    )
    return [
        Registered(one.name, {alias: str(version) for alias, version in one.aliases.items()})
        for one in found
    ]


def versions(
    tracking_uri: str, name: str, below: int | None = None, limit: int | None = None
) -> list[Version]:
    """Return versions of a model, the newest first; none if there is no such model.

    Parameters
    ----------
    below, limit
        Only versions of lower numbers, and so many of them; None: all.
    """
    client = MlflowClient(tracking_uri)
    numbers = (int(one.version) for one in client.search_model_versions(f"name = '{name}'"))
    newest_first = sorted((n for n in numbers if below is None or n < below), reverse=True)
    return [_version(client, name, str(number)) for number in newest_first[:limit]]


def version(tracking_uri: str, name: str, number: str) -> Version:
    """Return one version.

    Raises
    ------
    UnknownVersionError
        If there is none of this number.
    """
    found = {one.version: one for one in versions(tracking_uri, name)}
    if number not in found:
        raise UnknownVersionError(
            f"{name} has no version {number}: {', '.join(found) or 'none yet'}"
        )
    return found[number]


def _version(client: MlflowClient, name: str, version: str) -> Version:
    about = client.get_model_version(name, version)
    run = client.get_run(about.run_id).data
    return Version(
        version=version,
        aliases=sorted(about.aliases),
        date=run.params.get("date", ""),
        gate=about.tags.get(GATE, ""),
        promoted=about.tags.get(PROMOTED, ""),
        feature_service=about.tags.get(FEATURE_SERVICE, ""),
        feature_views=about.tags.get(FEATURE_VIEWS, ""),
        params=run.params,
        metrics=run.metrics,
        card=about.description or "",
    )


def register(tracking_uri: str, name: str, run_id: str, gate: str = "", card: str = "") -> str:
    """Make a run's artifacts the next version of the model `name`, the challenger; return it.

    Parameters
    ----------
    gate
        What the gate said of it, promoted or not.
    card
        A page about the version, in Markdown.
    """
    client = MlflowClient(tracking_uri)
    if not client.search_registered_models(f"name = '{name}'"):
        client.create_registered_model(name)
    run = client.get_run(run_id)
    lineage = {tag: run.data.tags[tag] for tag in LINEAGE if tag in run.data.tags}
    source = f"{run.info.artifact_uri}"
    made = client.create_model_version(name, source, run_id, lineage, description=card)
    version = str(made.version)
    client.set_model_version_tag(name, version, GATE, gate)
    client.set_registered_model_alias(name, CHALLENGER, version)
    return version


def promote(tracking_uri: str, name: str, version: str, sentence: str) -> None:
    """Make a version the champion, for the reason given, and remember the one it replaces."""
    client = MlflowClient(tracking_uri)
    client.set_model_version_tag(name, version, PROMOTED, sentence)
    before = champion_version(tracking_uri, name)
    if before is not None and before != version:
        client.set_registered_model_alias(name, PREVIOUS, before)
    client.set_registered_model_alias(name, CHAMPION, version)


def promote_by_hand(tracking_uri: str, name: str, number: str, reason: str) -> None:
    """Make a version the champion whatever the gate said.

    Raises
    ------
    UnknownVersionError
        If there is no such version.
    """
    promote(tracking_uri, name, version(tracking_uri, name, number).version, f"by hand: {reason}")


def roll_back(tracking_uri: str, name: str, because: str = "") -> str:
    """Make the version before the champion the champion again, and return it.

    Parameters
    ----------
    because
        Noted at the version that goes, and at its run.

    Raises
    ------
    NoPreviousVersionError
        If there is none.
    """
    before = _version_of(tracking_uri, name, PREVIOUS)
    if before is None:
        raise NoPreviousVersionError(f"{name} had no other champion: train and promote one first")
    gone = champion_version(tracking_uri, name)
    promote(tracking_uri, name, before, "rolled back to")
    if because and gone is not None:
        client = MlflowClient(tracking_uri)
        client.set_model_version_tag(name, gone, ROLLED_BACK, because)
        run_id = client.get_model_version(name, gone).run_id
        client.set_tag(run_id, ROLLED_BACK, because)
    return before


def champion_version(tracking_uri: str, name: str) -> str | None:
    """Return the champion's version, None if there is none.

    Raises
    ------
    MlflowException
        If the server can't be reached.
    """
    return _version_of(tracking_uri, name, CHAMPION)


def challenger_version(tracking_uri: str, name: str) -> str | None:
    """Return the newest version that was registered, promoted or not; None if there is none."""
    return _version_of(tracking_uri, name, CHALLENGER)


def champion_date(tracking_uri: str, name: str) -> str | None:
    """Return the last day (YYYY-MM-DD) that the champion was trained on, None if there is none."""
    version = champion_version(tracking_uri, name)
    if version is None:
        return None
    client = MlflowClient(tracking_uri)
    run = client.get_run(client.get_model_version(name, version).run_id)
    date: str | None = run.data.params.get("date")
    return date


def download(tracking_uri: str, name: str, version: str, folder: Path, part: str = "model") -> Path:
    """Return the folder of a version's artifacts `part`, fetched into `folder` unless it is there.

    It appears there whole or not at all.
    """
    target = folder / part
    if target.is_dir():
        return target
    client = MlflowClient(tracking_uri)
    run_id = client.get_model_version(name, version).run_id
    aside = folder / f".{uuid.uuid4().hex}"
    aside.mkdir(parents=True)
    try:
        fetched = Path(client.download_artifacts(run_id, part, str(aside)))
        if not target.is_dir():
            fetched.rename(target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return target


def download_champion(
    tracking_uri: str, name: str, folder: Path, part: str = "model"
) -> Path | None:
    """Fetch the champion's artifacts `part` below `folder`; None if there is no champion."""
    version = champion_version(tracking_uri, name)
    if version is None:
        return None
    return download(tracking_uri, name, version, folder / version, part)


def _experiment(client: MlflowClient, name: str) -> str:
    found = client.get_experiment_by_name(name)
    return str(found.experiment_id if found else client.create_experiment(name))


def _version_of(tracking_uri: str, name: str, alias: str) -> str | None:
    try:
        return str(MlflowClient(tracking_uri).get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        # MLflow's stores name a missing model and a missing alias in these two ways.
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
