"""The history's SQL."""
