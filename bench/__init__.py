"""Benchmarks: ratios within one run, because absolute times are noise."""
