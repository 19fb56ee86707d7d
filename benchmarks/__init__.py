"""Side-by-side measurements against the alternatives."""
