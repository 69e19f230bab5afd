"""History: who did what, when, to which text, in a pool; and taking back what can be taken back."""
