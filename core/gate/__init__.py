"""The one gate in front of every pool: rules, admission, rescue, what-if and replay."""
