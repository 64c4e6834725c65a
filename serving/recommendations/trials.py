"""Recommendations under the arms of whoever asks."""

import random
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any
from zlib import crc32

from features.schemas.experiments import Treatment
from models.evaluation.experiments.interleaving import Drafted, team_draft
from serving.experiments.assignment import Identity
from serving.experiments.book import ExperimentBook, Trial
from serving.experiments.exposing import Answered, Exposing
from serving.recommendations.schemas import RecommendationQuery
from serving.recommendations.service import Champion, RecommendationService


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
            answer_id=document.get("answer_id"),
            model_version=document["model_version"],
            latency_ms=1000 * (perf_counter() - began),
            drafted=drafted,
        )
        self.exposing.expose(trial, answered)
        return document

    async def _answered(
        self, query: RecommendationQuery, trial: Trial
    ) -> tuple[dict[str, Any], Drafted | None]:
        first = await self._one(query, trial.way)
        if trial.beside is None:
            return first, None
        second = await self._one(query, trial.beside)
        return interleaved(first, second, query.limit, trial.seed)

    async def _one(self, query: RecommendationQuery, way: Treatment) -> dict[str, Any]:
        service = replace(self.service, champion=self._model(way))
        return await service.recommend(asked(query, way))

    def _model(self, way: Treatment) -> Champion | None:
        if way.model == "popular":
            return None
        if way.model == "challenger" and self.challenger is not None:
            return self.challenger
        return self.service.champion


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
