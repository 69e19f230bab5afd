"""English trees to (verb, noun): the main verb phrase, the noun phrases its verb governs, the noun that heads them."""
