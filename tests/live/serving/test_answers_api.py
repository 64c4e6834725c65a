"""Answers explained over HTTP (serving.answers), out of what the recorder wrote (serving.recording)."""

import datetime as dt
import json

import pytest
import redis as redis_client

from features.schemas.logs import Answer
from serving.recording import Bounds, stream_append
from tests.live.serving.conftest import TOKEN_SECRET, until
from transactional.tokens import Caller, TokenSigner

pytestmark = pytest.mark.live


def headers(role):
    signer = TokenSigner(TOKEN_SECRET, lambda: dt.datetime.now(dt.UTC))
    return {"Authorization": f"Bearer {signer.issue(Caller(1, role))}"}


async def test_operators_are_told_what_an_answer_was_made_from(client):
    recommended = await client.get(
        "/api/v1/recommendations", params={"type": "for_you", "customer_id": 1, "limit": 2}
    )
    page = await client.get("/api/v1/products", params={"q": "lamp", "limit": 3})

    for answer, key in ((recommended.json(), "items"), (page.json(), "products")):
        path = f"/api/v1/answers/{answer['answer_id']}"

        async def is_there(path=path):
            return (await client.get(path, headers=headers("ops"))).status_code == 200

        await until(is_there)
        told = (await client.get(path, headers=headers("ops"))).json()
        assert [each["product_id"] for each in told["products"]] == [
            each["product_id"] for each in answer[key]
        ]
        assert told["found_in"] == "redis"


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        (None, "01890a5d-ac96-774b-bcce-b302099a8057", 401),
        ("customer", "01890a5d-ac96-774b-bcce-b302099a8057", 403),
        ("ops", "01890a5d-ac96-774b-bcce-b302099a8057", 404),
        ("ops", "seven", 422),
    ],
)
async def test_answers_are_for_operators_and_unknown_ones_are_told(client, role, path, status):
    answer = await client.get(f"/api/v1/answers/{path}", headers=headers(role) if role else {})

    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_a_stream_takes_whole_rows_until_it_is_full(redis_url):
    append = stream_append(redis_url, Bounds(n_in_stream=3))

    taken = [append(Answer.table, [b'{"n":1}', b'{"n":2}']) for _ in range(3)]

    with redis_client.Redis.from_url(redis_url, decode_responses=True) as redis:
        bodies = [json.loads(fields["body"]) for _, fields in redis.xrange(Answer.table)]
    assert (taken, bodies) == ([2, 1, 0], [{"n": 1}, {"n": 2}, {"n": 1}])
