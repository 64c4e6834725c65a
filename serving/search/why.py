"""Why a product stands where it does in a search's answer."""

from collections.abc import Mapping

from models.search.explaining import Explanation, Reordering
from models.search.taste import Acts
from serving.search.schemas import FoundWords, PersonalBy, SearchWhy, SecondStageWhy, Summand


def search_why(
    product_id: int, found: Explanation, acts: Acts | None, index_date: str
) -> SearchWhy:
    """Return an explanation as the API shows it; `acts` are those whose taste counts."""
    return SearchWhy(
        product_id=product_id,
        place=found.place,
        text_place=found.text_place,
        text_value=found.text_value,
        has_enough_words=found.has_enough,
        parts=[
            FoundWords(words=part.words, value=part.value, fields=dict(part.by_field))
            for part in found.parts
        ],
        second_stage=second_stage(found.reordering, found.second_place),
        personal_by=None
        if acts is None
        else PersonalBy(looked_at=list(acts.looked_at), bought=list(acts.bought)),
        rules_factor=found.factor,
        applied_rules=list(found.rule_ids),
        index_date=index_date,
        engine="tantivy",
    )


def second_stage(found: Reordering | None, place: int | None) -> SecondStageWhy | None:
    """Return what the second stage did, None where it did nothing."""
    if found is None or place is None:
        return None
    return SecondStageWhy(
        ordered_by=found.order,
        place=place,
        worth=found.worth,
        features=summands(found.features, found.contributions),
        words=found.of_words,
        personal=summands({}, found.of_taste),
    )


def summands(values: Mapping[str, float | None], added: Mapping[str, float]) -> list[Summand]:
    """Return what each adds, the largest first."""
    by_size = sorted(added, key=lambda name: -abs(added[name]))
    return [
        Summand(feature=name, value=values.get(name), contribution=added[name]) for name in by_size
    ]
