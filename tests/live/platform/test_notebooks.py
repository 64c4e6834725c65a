"""Each notebook runs from top to bottom on the demo's data and draws something."""

import time

import pytest

from emporium.notebook_files import execute, notebook_files, pictures

pytestmark = pytest.mark.live


@pytest.mark.usefixtures("figures")
@pytest.mark.parametrize("file", notebook_files(), ids=lambda file: file.path.stem)
def test_it_runs_and_draws(site, file, record_property):
    began = time.monotonic()

    book = execute(file, site.home)

    record_property(f"notebook {file.number}, seconds", round(time.monotonic() - began, 1))
    assert pictures(book) >= 1
