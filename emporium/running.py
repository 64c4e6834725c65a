"""The site that runs on this machine."""

import typer
from rich.console import Console

from emporium import processes
from emporium.settings import Settings
from emporium.supervisor import read_state


def running_site(settings: Settings, console: Console) -> dict[str, str]:
    """Return the URLs of the running site; exit with a sentence if none runs."""
    state = read_state(settings.home)
    if not state:
        left = processes.of_home(settings.home)
        console.print(
            f"nothing runs on {settings.home}"
            + (
                f", but {len(left)} processes are left: `emporium stop` ends them"
                if left
                else ": start it with `emporium up`, or name another home by EMPORIUM_HOME"
            ),
            markup=False,
        )
        raise typer.Exit(3)
    ports: dict[str, int] = state["site"]["ports"]
    return {
        name: f"http://127.0.0.1:{port}"
        for name, port in ports.items()
        if name not in ("postgres", "redis")
    }
