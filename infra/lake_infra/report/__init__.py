"""What a template means to people: what a change of it would do, whom it would let do what, and what it costs."""
