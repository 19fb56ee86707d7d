"""Price tables and their readers: what a model costs, since when, by whose word."""
