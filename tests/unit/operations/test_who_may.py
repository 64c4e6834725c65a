"""Operations are for operators, all of them."""

import pytest

from operations.app import create_app

PATHS = {
    "{name}": "a",
    "{version}": "1",
    "{dag_id}": "ingest",
    "{run_id}": "r",
    "{table}": "reviews",
    "{group}": "models",
}


@pytest.fixture
def operations(settings):
    document = create_app(settings).openapi()
    prefix = "/api/v1/operations"
    return [
        (method.upper(), path.removeprefix(prefix))
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith(prefix)
    ]


@pytest.mark.parametrize(("role", "status"), [(None, 401), ("shopper", 403), ("seller", 403)])
async def test_who_is_no_operator_is_refused_everything(ask, operations, role, status):
    for method, path in operations:
        filled = "/".join(PATHS.get(part, part) for part in path.split("/"))

        answer = await ask(method, filled, role=role)

        assert answer.status_code == status, (method, path)
        assert answer.headers["content-type"] == "application/problem+json"
    assert len(operations) > 13
