"""Instruction-like English sentences with their trees, from a weighted tree grammar (`grammar.txt`, `words.txt`)."""
