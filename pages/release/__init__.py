"""The page release."""
