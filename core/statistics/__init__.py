"""Pure numbers: agreement, intervals, estimates, sampling. Knows no database."""
