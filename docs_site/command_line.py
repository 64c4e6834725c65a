"""The commands of `emporium`, each with its options, out of its own help."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import typer

from docs_site.markdown import section, table

Command = Any
"""Of the library that typer brings along."""
KINDS = {Path: "file", int: "number", float: "number"}
INTRODUCTION = """Every command has `--help`. `emporium --install-completion` makes the shell complete commands and options.

`--json FILE` writes a command's answer as one JSON document; `--json -` writes it to standard output and sends all messages to
standard error. A command that failed says why and ends with 1, one that was called wrongly with 2, one that needs a running
platform where none runs with 3."""


def command_line(app: typer.Typer) -> str:
    """Return the page of all commands."""
    tree = typer.main.get_command(app)
    sections = [_section(words, command) for words, command in _commands(tree, "emporium")]
    return section(1, "Command line", INTRODUCTION) + "".join(sections)


def _commands(group: Command, words: str) -> Iterator[tuple[str, Command]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def _section(words: str, command: Command) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    usage = " ".join([words, *(_argument(each) for each in arguments), "[OPTIONS]"])
    options = [_row(each) for each in command.params if each.param_type_name == "option"]
    listed = table(["option", "value", "meaning"], options) if options else ""
    return section(2, f"`{words}`", command.help or "", f"```\n{usage}\n```", listed)


def _argument(argument: Command) -> str:
    written = str(argument.name).upper()
    return written if argument.required else f"[{written}]"


def _row(option: Command) -> tuple[str, str, str]:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag else option.metavar or _kind(option.type_descriptor.annotation)
    is_told = not option.is_flag and option.default not in (None, "", [], ())
    default = f"; else {option.default}" if is_told else ""
    needed = " (needed)" if option.required else ""
    return names, value, f"{option.help or ''}{default}{needed}"


def _kind(annotation: Any) -> str:  # noqa: ANN401 - a type, or several
    if get_origin(annotation) is Literal:
        return " · ".join(get_args(annotation))
    inner = [each for each in get_args(annotation) if each is not type(None)]
    return _kind(inner[0]) if inner else KINDS.get(annotation, "text")
