"""Release: the approved rows in the formats trainers load, with their papers in order.

A rule (`predicate`) and what reviewers said (`verdict`) make a `selection`, each other instance with its reason
(`reasons`, `limits`); `making` writes it as `order`ed, at once or as a run (`job`).

Rows come in as a re-iterable source (`rows`, from a pool by `source`), are split by task (`split`), written in every
format at once (`formats`, `files`, `writer`), read back by the clients they are meant for (`clients`), described
(`card`, `trainers`, `manifest`) and can be checked for a changed byte ever after (`verify`). From there they go to the
Hub (`huggingface`) and to fine-tuning (`finetune`, `tuning`), each after one explicit yes.
"""
