"""The evaluation room's SQL. Functions take an open connection; this room's acts alone call them."""
