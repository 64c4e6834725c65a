"""Wires searching to the version of the index that is current when a request comes."""

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from serving.answers.log import AnswerLog, json_text
from serving.experiments.assignment import Identity
from serving.experiments.book import NO_TRIAL, ExperimentBook, Trial
from serving.search.current import CurrentIndex
from serving.search.desk import Desk
from serving.search.kept import Keeping
from serving.search.opensearch import SearchCluster, WithFallback
from serving.search.personal import Manner, Personal, Searcher, personal
from serving.search.ranker import current_order
from serving.search.rules import SearchRuleBook
from serving.search.service import SearchService
from serving.search.trials import of_asked, ordered_by


def utc_now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge


def trial_of(state: Any, text: str, identity: Identity) -> Trial:  # noqa: ANN401 - the application's
    """Return what experiments make of a search; a list without words has no order to try."""
    if not text.strip():
        return NO_TRIAL
    book: ExperimentBook = state.experiments
    return book.trial("search", None, identity)


async def asked_trial(
    request: Request,
    q: Annotated[str, Query()] = "",
    customer_id: Annotated[int | None, Query()] = None,
    visitor_id: Annotated[str | None, Query()] = None,
    session_id: Annotated[str | None, Query()] = None,
) -> Trial:
    """Return what experiments make of the search."""
    return trial_of(request.app.state, q, Identity(customer_id, visitor_id, session_id))


TrialDep = Annotated[Trial, Depends(asked_trial)]


def service_of(state: Any) -> SearchService:  # noqa: ANN401 - the application's
    """Build the service for one request.

    Raises
    ------
    NotPublishedError
        If there is no index yet.
    """
    current: CurrentIndex = state.index
    index = current.require()
    cluster: SearchCluster | None = state.search_cluster
    book: SearchRuleBook = state.search_rules
    keeping: Keeping = state.kept_searches
    rules = book.current
    return SearchService(
        index=index.value,
        rules=rules,
        searched=WithFallback(cluster, index.value) if cluster else index.value,
        order=current_order(state.search_order),
        answers=AnswerLog(state.recorder.record, index.name),
        now=utc_now(),
        # A cluster's answers are its own, and it may fall silent between two of them.
        kept=None if cluster else keeping.of(index.value, rules),
    )


async def search_service(request: Request) -> SearchService:
    """Build the service for one request."""
    return service_of(request.app.state)


SearchServiceDep = Annotated[SearchService, Depends(search_service)]


def tried(state: Any, service: SearchService, trial: Trial) -> SearchService:  # noqa: ANN401 - the application's
    """Return the service with the orders that the arms of whoever asks want."""
    if not trial.assigned:
        return service
    order, beside = ordered_by(trial, state.search_order)
    answers = replace(service.answers, also={"experiments": json_text(trial.told())})
    # What was shown is told product by product, and of a kept page the products are text.
    return replace(service, order=order, beside=beside, answers=answers, kept=None)


async def tried_service(
    request: Request, service: SearchServiceDep, trial: TrialDep
) -> SearchService:
    """Return the service as the arms of whoever asks want it."""
    return tried(request.app.state, service, trial)


TriedServiceDep = Annotated[SearchService, Depends(tried_service)]


async def asked_searcher(
    customer_id: Annotated[int | None, Query()] = None,
    session_id: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
    visitor_id: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
) -> Searcher:
    """Return who searches."""
    return Searcher(session_id, visitor_id, customer_id)


SearcherDep = Annotated[Searcher, Depends(asked_searcher)]


async def manner_of(
    state: Any,  # noqa: ANN401 - the application's
    trial: Trial,
    searcher: Searcher,
    *,
    is_personal: bool,
    semantic: bool,
) -> Manner:
    """Return how a search is to be done."""
    wanted = is_personal if trial.way.personal is None else trial.way.personal
    whose: Personal | None = None
    if wanted and searcher.names:
        whose = await personal(state.features, searcher)
    return of_asked(Manner(whose, semantic), searcher if is_personal and searcher.names else None)


async def asked_manner(
    request: Request,
    trial: TrialDep,
    searcher: SearcherDep,
    personal_: Annotated[bool, Query(alias="personal")] = False,  # noqa: FBT002 - a query parameter
    semantic: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> Manner:
    """Return how the search is to be done."""
    return await manner_of(
        request.app.state, trial, searcher, is_personal=personal_, semantic=semantic
    )


MannerDep = Annotated[Manner, Depends(asked_manner)]


async def search_desk(request: Request) -> Desk:
    """Return where searches are worked on."""
    desk: Desk = request.app.state.search_desk
    return desk


DeskDep = Annotated[Desk, Depends(search_desk)]
