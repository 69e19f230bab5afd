"""Release: the approved rows in the formats trainers load, with their papers in order.

Rows come in as a re-iterable source (`rows`), are split by task (`split`), written in every format at once
(`formats`, `files`, `writer`), read back by the clients they are meant for (`clients`), described (`card`,
`trainers`, `manifest`) and can be checked for a changed byte ever after (`verify`).
"""
