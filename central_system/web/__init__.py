"""The operator's page and the JSON API under it, in a thread and an event loop of their own."""
