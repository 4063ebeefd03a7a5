"""The conversation: links, plans, evidence, wording and the turn that ties them together."""
