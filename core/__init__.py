"""Winnow without a screen: grow, look at, judge and release instruction-tuning data."""
