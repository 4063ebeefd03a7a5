"""The web door: the HTTP API, the chat page and what guards them."""
