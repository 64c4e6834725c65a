"""The site builds without a warning, loads nothing from elsewhere, and links that leave it lead somewhere."""

import re
import shutil
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

REPOSITORY = Path(__file__).parents[3]
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")
MAX_PICTURE_BYTES = 80_000
FROM_ELSEWHERE = re.compile(
    r"<(?:script|img|link|iframe)[^>]+(?:src|href)=\"?https?://(?!localhost)"
)


def anchors(page):
    """The anchors of a Markdown page's headings, as GitHub and MkDocs make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def built(tmp_path, docs=None):
    """Build the site, or one of other pages alone."""
    options = {} if docs is None else {"docs_dir": str(docs), "hooks": []}
    config = load_config(str(REPOSITORY / "mkdocs.yml"), site_dir=str(tmp_path / "site"), **options)
    if docs is not None:
        config.nav = None
    build(config)
    return tmp_path / "site"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return built(tmp_path_factory.mktemp("docs"))


def test_every_page_is_built_and_so_is_the_reference(site):
    pages = {str(path.relative_to(site)) for path in site.rglob("*.html")}

    assert {"index.html", "tour.html", "backup.html", "reference/command-line.html"} <= pages
    assert "emporium backup" in (site / "reference" / "command-line.html").read_text()
    assert "/api/v1/orders" in (site / "reference" / "shop-api.html").read_text()


def test_no_page_loads_anything_from_elsewhere(site):
    loading = [
        path.name
        for path in site.rglob("*.html")
        if any('rel="canonical"' not in each for each in FROM_ELSEWHERE.findall(path.read_text()))
    ]

    assert loading == []


@pytest.mark.parametrize("link", ["gone.md", "models.md#gone"])
def test_a_link_that_leads_nowhere_fails_the_build(tmp_path, link):
    docs = tmp_path / "docs"
    docs.mkdir()
    shutil.copy(REPOSITORY / "docs" / "events.md", docs / "models.md")
    page = docs / "index.md"
    page.write_text("# Home\n\n[there](models.md#from-a-page)\n")
    built(tmp_path, docs)
    page.write_text(f"# Home\n\n[broken]({link})\n")

    with pytest.raises(Abort):
        built(tmp_path, docs)


def test_the_readmes_links_lead_to_files_and_headings():
    for path, anchor in LINK.findall((REPOSITORY / "README.md").read_text()):
        if path.startswith("http"):
            continue
        assert (REPOSITORY / path).exists(), path
        assert not anchor or anchor.removeprefix("#") in anchors(REPOSITORY / path), path + anchor


def test_pictures_are_small():
    pictures = list((REPOSITORY / "docs" / "pictures").iterdir())

    assert pictures
    assert all(path.stat().st_size < MAX_PICTURE_BYTES for path in pictures)
