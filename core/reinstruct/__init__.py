"""REInstruct (papers, section 2): from an unlabeled corpus to instruction data.

In the order of the work: `select` says which texts read like answers, `corpus` does so for whole folders of shards,
`prompts` asks for the instruction and the clean answer, `filters` and `grounding` judge what came back, and
`training_data` writes the files for those who train the two models themselves.
"""
