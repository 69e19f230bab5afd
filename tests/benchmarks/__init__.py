"""How fast the promises are kept: each `bench_*.py` compares itself with a plain way in the same run."""
