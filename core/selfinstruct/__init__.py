"""Self-Instruct (Wang et al., ACL 2023): from seeds a model proposes new tasks; filters keep the new and fit."""
