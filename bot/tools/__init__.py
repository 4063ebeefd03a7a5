"""The seven tools, and the one way in which every door calls them."""
