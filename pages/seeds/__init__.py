"""The page seeds."""
