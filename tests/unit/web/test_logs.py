"""Structured logs (web.logs)."""

import json

import pytest

from web.logs import make_logger


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_failure_is_one_json_line_without_any_local_variable(capsys):
    def fail(password):
        raise RuntimeError("it broke")

    try:
        fail("correct horse")
    except RuntimeError:
        make_logger("INFO", "shop").exception("request failed", path="/x")

    [line] = lines(capsys)
    assert (line["service"], line["event"], line["path"]) == ("shop", "request failed", "/x")
    assert line["exception"][0]["exc_value"] == "it broke"
    assert "correct horse" not in json.dumps(line)


@pytest.mark.parametrize(("level", "n_lines"), [("INFO", 1), ("WARNING", 0)])
def test_what_is_below_the_level_is_not_written(capsys, level, n_lines):
    make_logger(level, "shop").info("hello")

    assert len(lines(capsys)) == n_lines


@pytest.mark.parametrize("path", ["/\x9b31m", "/a\u2028b", "/\udcff", "/é"])
def test_what_callers_write_stays_within_its_line_and_letters(capsys, path):
    make_logger("INFO", "shop").info("request", path=path)

    written = capsys.readouterr().out
    assert written.isascii()
    assert [json.loads(line)["path"] for line in written.splitlines()] == [path]
