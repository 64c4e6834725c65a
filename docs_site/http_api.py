"""An HTTP API's operations and what they take and give, out of its OpenAPI document."""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from docs_site.markdown import section, table

METHODS = ("get", "post", "put", "patch", "delete")
Document = Mapping[str, Any]


def http_api(title: str, introduction: str, document: Document) -> str:
    """Return the page of an API, its operations by the first part of their path."""
    operations = sorted(_operations(document), key=lambda each: (_part(each[1]), each[1]))
    parts = [
        section(2, f"`{part}`", *(_operation(*each) for each in group))
        for part, group in groupby(operations, key=lambda each: _part(each[1]))
    ]
    schemas = document["components"]["schemas"]
    shapes = [_schema(name, schemas[name]) for name in sorted(schemas)]
    return section(1, title, introduction) + "".join(parts) + section(2, "Shapes", *shapes)


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, by_method in document["paths"].items():
        for method in METHODS:
            if method in by_method:
                yield method, path, by_method[method]


def _part(path: str) -> str:
    return path.removeprefix("/api/v1/").strip("/").split("/")[0]


def _operation(method: str, path: str, operation: Document) -> str:
    asked = [_parameter(each) for each in operation.get("parameters", ())]
    body = _content(operation.get("requestBody", {}))
    answers = [
        f"{status}: {_content(answer) or answer['description']}"
        for status, answer in operation["responses"].items()
        if status != "default"
    ]
    told = [f"**Body** {body}" if body else "", f"**Answers** {'; '.join(answers)}"]
    parameters = table(["parameter", "in", "type", "meaning"], asked) if asked else ""
    head = f"### `{method.upper()} {path}`"
    text = operation.get("description") or operation.get("summary", "")
    return "\n\n".join(part.strip() for part in (head, text, parameters, *told) if part)


def _parameter(parameter: Document) -> tuple[str, str, str, str]:
    needed = " (needed)" if parameter.get("required") else ""
    meaning = parameter.get("description", "")
    return (
        f"`{parameter['name']}`{needed}",
        parameter["in"],
        type_of(parameter["schema"]),
        meaning,
    )


def _content(of: Document) -> str:
    return ", ".join(
        f"{type_of(each['schema'])} ({kind})" if each.get("schema") else kind
        for kind, each in of.get("content", {}).items()
    )


def _schema(name: str, schema: Document) -> str:
    needed = set(schema.get("required", ()))
    rows = [
        (
            f"`{key}`{' (needed)' if key in needed else ''}",
            type_of(each),
            each.get("description", ""),
        )
        for key, each in schema.get("properties", {}).items()
    ]
    fields = table(["field", "type", "meaning"], rows) if rows else type_of(schema)
    return "\n\n".join([f"### {name}", schema.get("description", ""), fields]).strip()


def type_of(schema: Document) -> str:
    """Return a type in words, a shape as a link to it, with its bounds."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    several = next((schema[name] for name in ("anyOf", "oneOf", "allOf") if name in schema), None)
    if several:
        return " or ".join(type_of(each) for each in several)
    if "enum" in schema or "const" in schema:
        return " · ".join(f"`{each}`" for each in schema.get("enum", [schema.get("const")]))
    return _plain(schema)


def _plain(schema: Document) -> str:
    if schema.get("type") == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    return " ".join([schema.get("format") or schema.get("type", "anything"), *_bounds(schema)])


def _bounds(schema: Document) -> Iterator[str]:
    words = {
        "minimum": "from",
        "exclusiveMinimum": "above",
        "maximum": "to",
        "minLength": "of length from",
        "maxLength": "of length to",
    }
    yield from (f"{word} {schema[key]}" for key, word in words.items() if key in schema)
