"""The same searches by OpenSearch: mapping, queries and counts as plain data."""
