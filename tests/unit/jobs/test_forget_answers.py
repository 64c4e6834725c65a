"""Answers are kept for 30 days (jobs.forget_answers)."""

import datetime as dt

from jobs.forget_answers import main
from jobs.raw import RawBatches
from jobs.runner import Dates, Settings

DAY = dt.date(2024, 5, 31)
OLD, KEPT = DAY - dt.timedelta(days=31), DAY - dt.timedelta(days=30)


def test_days_of_more_than_30_days_ago_are_gone_from_every_layer(tmp_path):
    settings = Settings(emporium_home=tmp_path)
    lake = settings.lake
    for layer in ("validated", "quarantine", ".versions/validated"):
        for day in (OLD, KEPT):
            (lake / layer / "answers" / f"date={day}").mkdir(parents=True)
        (lake / layer / "clickstream" / f"date={OLD}").mkdir(parents=True)
    (lake / ".versions/validated/answers" / f"date={OLD}-0a1b").mkdir()
    batches = RawBatches(lake)
    batches.append("answers", "7-0", {"answers": [{"event_id": "a"}]}, OLD)
    batches.append("answers", "8-0", {"answers": [{"event_id": "b"}]}, KEPT)

    main(settings, Dates(DAY, DAY))

    left = sorted(str(path.relative_to(lake)) for path in lake.glob("**/date=*"))
    assert left == sorted(
        [
            *(f"{layer}/answers/date={KEPT}" for layer in ("validated", "quarantine")),
            *(f"{layer}/clickstream/date={OLD}" for layer in ("validated", "quarantine")),
            f".versions/validated/answers/date={KEPT}",
            f".versions/validated/clickstream/date={OLD}",
            f"raw/answers_8-0/answers/date={KEPT}",
        ]
    )


def test_raw_rows_that_somebody_reads_stay_until_the_next_run(tmp_path):
    settings = Settings(emporium_home=tmp_path)
    batches = RawBatches(settings.lake)
    batches.append("answers", "7-0", {"answers": [{"event_id": "a"}]}, OLD)

    with batches.reading():
        main(settings, Dates(DAY, DAY))
    assert batches.days("answers") == [OLD]
    main(settings, Dates(DAY, DAY))

    assert batches.days("answers") == []


def test_what_was_collected_is_remembered_though_its_rows_are_gone(tmp_path):
    settings = Settings(emporium_home=tmp_path)
    batches = RawBatches(settings.lake)
    batches.append("answers", "7-0", {"answers": [{"event_id": "a"}]}, OLD)

    main(settings, Dates(DAY, DAY))

    assert batches.position("answers") == "7-0"
    assert batches.days("answers") == []
