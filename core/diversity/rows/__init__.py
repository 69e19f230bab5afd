"""SQL of the room diversity; nobody else imports it."""
