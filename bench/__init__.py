"""Speed, quality and scale, each beside a reference in the same run: python -m bench.NAME."""
