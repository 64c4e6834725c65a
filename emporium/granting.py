"""`emporium grant`: who may use the operator's desk."""

import asyncio
import sys
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from emporium.documents import JsonFile, aside, write_document
from emporium.running import running_site
from emporium.settings import Settings
from emporium.supervisor import read_state

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)


def grant(
    email: Annotated[str, typer.Argument(help="of an account that was registered in the shop")],
    role: Annotated[Literal["shopper", "ops"], typer.Option(help="ops may use /ops")] = "ops",
    json_file: JsonFile = None,
) -> None:
    """Give an account of the running shop a role, from its next log-in on."""
    aside(console, json_file)
    running_site(Settings(), console)
    site: dict[str, Any] = (read_state(Settings().home) or {})["site"]
    with console.status("asking the shop's database"):
        # SQLAlchemy takes half a second to load, which no other command need wait for.
        from transactional.accounts.grant import grant as give  # noqa: PLC0415

        is_done = asyncio.run(give(site["database_url"], email, role))
    if not is_done:
        console.print(f"no account for {email}: register it in the shop first", markup=False)
        raise typer.Exit(2)
    write_document({"email": email, "role": role}, json_file)
    console.print(f"{email} is {role} from the next log-in on", markup=False)
