"""Pages made of the code (docs_site)."""

from typing import Annotated, Literal

import pytest
import typer
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from docs_site.command_line import command_line
from docs_site.dags import dags_page
from docs_site.http_api import http_api, type_of
from docs_site.markdown import table
from docs_site.reference import SETTINGS
from docs_site.settings import settings_page


def test_a_cell_cannot_break_its_table():
    assert table(["a"], [["one | two\nthree"]]) == "| a |\n| --- |\n| one \\| two three |\n"


def test_commands_are_told_with_arguments_options_and_defaults():
    app, below = typer.Typer(), typer.Typer()

    @app.command()
    def greet(
        name: str,
        times: Annotated[int, typer.Option(help="how often")] = 2,
        tone: Annotated[Literal["kind", "loud"], typer.Option(help="how")] = "kind",
        quiet: Annotated[bool, typer.Option("--quiet", help="say nothing")] = False,
    ):
        """Greet somebody."""

    @below.command()
    def leave(reason: Annotated[str, typer.Option(help="why")]):
        """Leave."""

    app.add_typer(below, name="go")

    page = command_line(app)

    assert (
        "## `emporium greet`\n\nGreet somebody.\n\n```\nemporium greet NAME [OPTIONS]\n```" in page
    )
    assert "| `--times` | number | how often; else 2 |" in page
    assert "| `--tone` | kind · loud | how; else kind |" in page
    assert "| `--quiet` |  | say nothing |" in page
    assert "## `emporium go leave`" in page
    assert "| `--reason` | text | why (needed) |" in page


DOCUMENT = {
    "paths": {
        "/api/v1/carts/{cart_id}": {
            "put": {
                "description": "Fill a cart.",
                "parameters": [
                    {
                        "name": "cart_id",
                        "in": "path",
                        "required": True,
                        "schema": {"type": "integer", "minimum": 1},
                        "description": "whose",
                    }
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Cart"}}
                    }
                },
                "responses": {
                    "204": {"description": "Done"},
                    "default": {"description": "A problem"},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Cart": {
                "description": "What is in it.",
                "required": ["lines"],
                "properties": {
                    "lines": {"type": "array", "items": {"type": "string"}},
                    "note": {"type": "string", "description": "for people"},
                },
            }
        }
    },
}


def test_an_operation_is_told_with_what_it_takes_and_gives():
    page = http_api("The API", "Carts.", DOCUMENT)

    assert page.startswith("# The API\n\nCarts.\n\n## `carts`\n\n### `PUT /api/v1/carts/{cart_id}`")
    assert "| `cart_id` (needed) | path | integer from 1 | whose |" in page
    assert "**Body** [Cart](#cart) (application/json)" in page
    assert "**Answers** 204: Done\n" in page
    assert "### Cart\n\nWhat is in it." in page
    assert "| `lines` (needed) | list of string |  |" in page


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"enum": ["a", "b"]}, "`a` · `b`"),
        ({"const": "x"}, "`x`"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        ({"type": "string", "maxLength": 5}, "string of length to 5"),
        ({}, "anything"),
    ],
)
def test_types_are_told_in_words(schema, words):
    assert type_of(schema) == words


class Knobs(BaseSettings):
    """Read once."""

    model_config = {"env_prefix": "KNOB_"}

    size: Annotated[int, Field(description="of it")] = 3
    secret: SecretStr = SecretStr("")
    where: str
    currency: Annotated[str, Field(validation_alias="CURRENCY")] = "EUR"


def test_settings_are_told_by_their_variables():
    page = settings_page({"Knobs": Knobs})

    assert "| `KNOB_SIZE` | `3` | of it |" in page
    assert "| `KNOB_SECRET` |  |  |" in page
    assert "| `KNOB_WHERE` | (needed) |  |" in page
    assert "| `CURRENCY` | `EUR` |  |" in page


def test_every_setting_of_every_process_has_a_meaning():
    rows = [row for row in settings_page(SETTINGS).splitlines() if row.startswith("| `")]

    assert len(rows) > 50
    assert [row for row in rows if row.endswith("|  |")] == []


def test_dags_pages_are_their_docstrings_one_heading_lower(tmp_path):
    (tmp_path / "clean.py").write_text('"""\n# Clean\n\nSweeps.\n"""\n')
    (tmp_path / "common.py").write_text('"""Shared."""\n')

    page = dags_page(tmp_path)

    assert "## Clean\n\nSweeps.\n" in page
    assert "Shared" not in page
