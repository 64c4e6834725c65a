"""Wires recommendations to the versions that are current when a request comes."""

import datetime as dt
from typing import Annotated, Any

from fastapi import Depends, Request

from models.live import LiveRecommender
from serving.answers.log import AnswerLog
from serving.published import Published, Version
from serving.recommendations.service import Champion, RecommendationService
from serving.recommendations.trials import RecommendationTrials


def service_of(state: Any) -> RecommendationService:  # noqa: ANN401 - the application's
    """Build the service for one request.

    Raises
    ------
    NotPublishedError
        If there is no index yet.
    """
    published: Published[LiveRecommender] = state.model
    current, index = published.current, state.index.require()
    return RecommendationService(
        index=index.value,
        champion=Champion(current.name, current.value) if current else None,
        features=state.features,
        slots=state.slots,
        newcomers=state.newcomers,
        verdicts=state.verdicts,
        now=dt.datetime.now(dt.UTC),  # noqa: TID251 - the edge
        answers=AnswerLog(state.recorder.record, index.name),
    )


def trials_of(state: Any) -> RecommendationTrials:  # noqa: ANN401 - the application's
    """Build what answers one request by the arms of whoever asks.

    Raises
    ------
    NotPublishedError
        If there is no index yet.
    """
    challenger: Version[LiveRecommender] | None = state.challenger.current
    return RecommendationTrials(
        service=service_of(state),
        experiments=state.experiments,
        challenger=Champion(challenger.name, challenger.value) if challenger else None,
        exposing=state.exposing,
    )


async def recommendation_trials(request: Request) -> RecommendationTrials:
    """Build what answers one request."""
    return trials_of(request.app.state)


RecommendationTrialsDep = Annotated[RecommendationTrials, Depends(recommendation_trials)]


async def recommendation_service(request: Request) -> RecommendationService:
    """Build the service for one request."""
    return service_of(request.app.state)


RecommendationServiceDep = Annotated[RecommendationService, Depends(recommendation_service)]
