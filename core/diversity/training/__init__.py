"""Training of small Berkeley parsers, so that anyone can make a better one. `python -m core.diversity.training --help`.

What a training run reads, none of which ships with this program:

- trees: one bracketed tree a line. `trees` makes them from the constituency files (`const/*.ptb`, `splits.md`) of the
  GUM corpus, https://github.com/amir-zeldes/gum, whose annotations are CC BY 4.0;
- tagged sentences, optional: CoNLL-U, of which the word and the Penn tag (columns 2 and 5) are read, such as UD
  English-EWT, https://github.com/UniversalDependencies/UD_English-EWT, CC BY-SA 4.0;
- synthetic instructions, optional: `synthesise` makes them from the grammar in `synthetic/`.

A model carries the licences of what it was trained on. Lay the file that `shrink` writes into the data folder's
`parsers` to choose it by name.
"""
