"""SQL of the room review; nobody else imports it."""
