"""What serving says when it cannot answer."""

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from serving.published import NotPublishedError
from web.problems import Problem, UnavailableProblem, response


class UnknownProductProblem(Problem):
    """No such product in the index."""

    type, title, status = "/problems/unknown-product", "Unknown product", 404

    def __init__(self, product_id: int) -> None:
        super().__init__(f"There is no product {product_id} in the catalogue.")


class NotInAnswerProblem(Problem):
    """The product is not in the answer to a search."""

    type, title, status = "/problems/not-in-answer", "Not in the answer", 404

    def __init__(self, product_id: int) -> None:
        super().__init__(
            f"Product {product_id} is not in the answer to this search: it has none of the words, a filter "
            "or a rule keeps it out, or the index does not have it."
        )


class UnknownAnswerProblem(Problem):
    """No such answer is kept."""

    type, title, status = "/problems/unknown-answer", "Unknown answer", 404

    def __init__(self, answer_id: str) -> None:
        super().__init__(
            f"No answer {answer_id} is kept: it is older than 30 days, was never given, or was lost, which "
            "`recorded_rows_dropped_total` of /metrics counts."
        )


class NotPublishedProblem(UnavailableProblem):
    """What the answer is made from has not been built yet."""

    type, title = "/problems/not-published", "Not published yet"


def add_error_handlers(app: FastAPI) -> None:
    """Answer 503 while the index is not built or Redis cannot be reached."""

    @app.exception_handler(NotPublishedError)
    async def not_published(request: Request, error: NotPublishedError) -> JSONResponse:
        problem = NotPublishedProblem(str(error), retry_after_seconds=30)
        return response(problem, request.url.path)

    @app.exception_handler(RedisError)
    async def no_redis(request: Request, error: RedisError) -> JSONResponse:
        app.state.log.warning("redis unreachable", error=repr(error))
        problem = UnavailableProblem("Events cannot be taken now. Keep them and send them again.")
        return response(problem, request.url.path)
