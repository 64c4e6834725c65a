"""A log's row class as a JSON schema: what a producer may send."""

from typing import Any

from features.schemas.row import LogRow


def message_schema(row: type[LogRow]) -> dict[str, Any]:
    """Return the JSON schema (2020-12) of a message: the row without its partition `date`."""
    schema = row.model_json_schema()
    schema["properties"].pop("date")
    schema["required"] = [name for name in schema["required"] if name != "date"]
    schema["$id"] = f"/schemas/{row.table}"
    return schema
