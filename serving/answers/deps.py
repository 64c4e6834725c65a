"""Wires the reading of answers to the stores, and to who may: operators, by the shop's tokens."""

from typing import Annotated

from fastapi import Depends, Request

from serving.answers.reading import KeptAnswers
from web.operators import Operator
from web.tokens import Caller

PERSONAL = "Answers tell of persons: they are for operators of the shop."
OperatorDep = Annotated[Caller, Depends(Operator(PERSONAL))]


async def kept_answers(request: Request) -> KeptAnswers:
    """Return where answers are."""
    return KeptAnswers(request.app.state.redis, request.app.state.lake)


KeptAnswersDep = Annotated[KeptAnswers, Depends(kept_answers)]
