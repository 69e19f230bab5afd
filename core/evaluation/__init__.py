"""Does a model that was trained on this data follow instructions better? Sealed sets, blind ratings, honest figures."""
