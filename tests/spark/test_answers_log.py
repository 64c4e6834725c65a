"""What serving leaves of an answer is a row of its log (serving.answers, features.expectations.reasons)."""

import json

import pytest

from features.expectations.reasons import judge
from features.schemas.logs import Answer
from jobs.raw import raw_row
from serving.answers.log import EMPTY, AnswerLog
from tests.unit.serving.shop_by_hand import NOW

pytestmark = pytest.mark.spark
NAMES = [name for name in Answer.model_fields if name != "date"]


def test_an_answer_with_much_and_one_with_little_are_both_good_rows(spark):
    left = []
    log = AnswerLog(lambda _, row: left.append(json.dumps(row)), "versions/v1")
    little = {**EMPTY, "endpoint": "search", "index_date": "2026-01-31"}
    log.leave(NOW, 0.0, little)
    much = {"customer_id": 7, "product_ids": "1,2", "scores": "0.5,1e-08", "acts": '{"a":[1]}'}
    log.leave(NOW, 0.0, little | much)
    raw = [raw_row(body, NAMES) for body in left]
    types = ", ".join(f"{name} string" for name in NAMES)
    frame = spark.createDataFrame([tuple(row[name] for name in NAMES) for row in raw], types)

    judged = judge(frame.selectExpr("*", f"date'{NOW.date()}' as date"), Answer)

    found = judged.select("reasons", "customer_id", "duration_microseconds").collect()
    assert [(row["reasons"], row["customer_id"]) for row in found] == [([], None), ([], 7)]
    assert min(row["duration_microseconds"] for row in found) > 0
