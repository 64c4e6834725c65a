"""Swapping versions (serving.published)."""

import pytest
import structlog

from serving.published import NotPublishedError, Published
from serving.search.current import Forking
from tests.unit.models.search.products import document, index_of


@pytest.fixture
def shelf():
    return {"latest": None, "values": {"a": 1, "b": 2}}


@pytest.fixture
def published(shelf):
    return Published(
        latest=lambda: shelf["latest"],
        load=lambda name: shelf["values"][name],
        missing="Nothing yet: run the DAG x.",
        log=structlog.wrap_logger(structlog.PrintLogger()),
    )


def test_before_the_first_version_it_says_what_to_run(published):
    published.refresh()

    with pytest.raises(NotPublishedError, match="run the DAG x"):
        published.require()


def test_the_newest_version_is_loaded_and_swapped(published, shelf):
    shelf["latest"] = "a"
    published.refresh()
    held = published.require()
    shelf["latest"] = "b"
    published.refresh()

    assert (held.value, published.require().value) == (1, 2)


def test_a_version_that_does_not_load_leaves_the_old_one_and_is_tried_again(published, shelf):
    shelf["latest"] = "a"
    published.refresh()
    shelf["latest"] = "broken"
    published.refresh()

    assert published.require().name == "a"
    shelf["values"]["broken"] = 3
    published.refresh()
    assert published.require().value == 3


def test_a_first_version_that_does_not_load_is_told(published, shelf):
    shelf["latest"] = "broken"
    published.refresh()

    with pytest.raises(NotPublishedError, match="broken"):
        published.require()


def test_who_keeps_what_is_loaded_is_told_once_the_index_is_there(tmp_path):
    index_of(tmp_path / "root" / "versions" / "one", [document(1, "Lamp")])
    seen = []
    load = Forking(
        tmp_path / "root",
        tmp_path / "own",
        lambda: seen.append((tmp_path / "own" / "one").exists()),
    )

    load("versions/one").close()

    assert seen == [True]
