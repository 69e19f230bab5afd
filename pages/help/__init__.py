"""The page Help: the documents of docs/, as they lie there."""
