"""REInstruct's first step: texts that read like answers, selected from files without a model."""
