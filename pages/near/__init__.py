"""The page near duplicates."""
