"""Recommendations under the arms of whoever asks."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any
from zlib import crc32

from features.schemas.experiments import Treatment
from models.evaluation.experiments.interleaving import Drafted, team_draft
from serving.answers.log import STREAM, AnswerLog, json_text, question
from serving.experiments.assignment import Identity
from serving.experiments.book import ExperimentBook, Trial
from serving.experiments.exposing import Answered, Exposing
from serving.recommendations.recorded import list_columns
from serving.recommendations.schemas import RecommendationQuery
from serving.recommendations.service import Champion, RecommendationService

NO_FEATURES = {"product_feature_names": "", "product_features": ""}
"""Of a list that two rankings made: they may have read different things."""


@dataclass(frozen=True)
class RecommendationTrials:
    """Answers a request as its arms want it, and tells of it.

    Parameters
    ----------
    challenger
        The model on trial, None while none is loaded: the champion answers then, and the exposure says so.
    """

    service: RecommendationService
    experiments: ExperimentBook
    challenger: Champion | None
    exposing: Exposing

    async def recommend(self, query: RecommendationQuery) -> dict[str, Any]:
        """Return `Recommendations` as a document."""
        if query.type not in self.experiments.by_surface:
            return await self.service.recommend(query)
        who = Identity(query.customer_id, query.visitor_id, query.session_id)
        trial = self.experiments.trial(query.type, query.slot, who)
        if not trial.assigned:
            return await self.service.recommend(query)
        began = perf_counter()
        document, drafted = await self._answered(query, trial)
        document["experiments"] = trial.told()
        answered = Answered(
            who=who,
            surface=query.type,
            slot=query.slot,
            answer_id=document["answer_id"],
            model_version=document["model_version"],
            latency_ms=1000 * (perf_counter() - began),
            drafted=drafted,
        )
        self.exposing.expose(trial, answered)
        return document

    async def _answered(
        self, query: RecommendationQuery, trial: Trial
    ) -> tuple[dict[str, Any], Drafted | None]:
        log = replace(self.service.answers, also=told_of(query, trial))
        if trial.beside is None:
            return await self._one(query, trial.way, log), None
        rows: list[Mapping[str, Any]] = []
        kept = replace(log, record=lambda _, row: rows.append(row))
        first = await self._one(query, trial.way, kept)
        second = await self._one(query, trial.beside, kept)
        document, drafted = interleaved(first, second, query.limit, trial.seed)
        log.record(STREAM, {**rows[0], **NO_FEATURES, **list_columns(document["items"])})
        return document, drafted

    async def _one(
        self, query: RecommendationQuery, way: Treatment, log: AnswerLog
    ) -> dict[str, Any]:
        service = replace(self.service, champion=self._model(way), answers=log)
        return await service.recommend(asked(query, way))

    def _model(self, way: Treatment) -> Champion | None:
        if way.model == "popular":
            return None
        if way.model == "challenger" and self.challenger is not None:
            return self.challenger
        return self.service.champion


def told_of(query: RecommendationQuery, trial: Trial) -> dict[str, Any]:
    """Return what the answer's row says of who asked and of experiments, whatever the arm was to know."""
    return {
        "experiments": json_text(trial.told()),
        "query": question(query.model_dump(exclude_defaults=True)),
        "customer_id": query.customer_id,
        "visitor_id": query.visitor_id,
        "session_id": query.session_id,
    }


def asked(query: RecommendationQuery, way: Treatment) -> RecommendationQuery:
    """Return the request as a way to serve sees it: nobody's, if it is not to be personal."""
    if way.personal is not False:
        return query
    nobody: dict[str, Any] = {
        "customer_id": None,
        "visitor_id": None,
        "session_id": None,
        "viewed": [],
    }
    return query.model_copy(update=nobody)


def interleaved(
    first: dict[str, Any], second: dict[str, Any], n_places: int, seed: str
) -> tuple[dict[str, Any], Drafted]:
    """Return two answers as one list, each product as the list has it that it counts for."""
    best, others = ([each["product_id"] for each in one["items"]] for one in (first, second))
    draws = random.Random(crc32(f"{seed} {best} {others}".encode()))  # noqa: S311 - no secret
    drafted = team_draft(best, others, n_places, draws)
    known = [{each["product_id"]: each for each in one["items"]} for one in (first, second)]
    items = [
        known[team][product_id] | {"rank": rank}
        for rank, (product_id, team) in enumerate(
            zip(drafted.product_ids, drafted.teams, strict=True), start=1
        )
    ]
    return first | {"items": items}, drafted
