"""GET /answers/{answer_id}."""

import uuid

from fastapi import APIRouter
from redis.exceptions import RedisError

from serving.answers.deps import KeptAnswersDep, OperatorDep
from serving.answers.explaining import explained
from serving.answers.schemas import ExplainedAnswer
from serving.errors import UnknownAnswerProblem
from web.problems import UnavailableProblem

router = APIRouter(tags=["answers"])


@router.get("/answers/{answer_id}")
async def read_answer(
    answer_id: uuid.UUID, kept: KeptAnswersDep, _: OperatorDep
) -> ExplainedAnswer:
    """Return what an answer of the last 30 days showed and all that it was made from, for operators.

    An answer can be read about a tenth of a second after it was given.
    """
    try:
        found = await kept.find(answer_id)
    except (RedisError, OSError) as error:
        raise UnavailableProblem(
            "The lake does not have it yet, and Redis cannot be reached."
        ) from error
    if found is None:
        raise UnknownAnswerProblem(str(answer_id))
    found_in, row = found
    return explained(row, found_in)
