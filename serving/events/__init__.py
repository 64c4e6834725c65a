"""The clickstream, in."""
