"""Whether something got worse between two revisions or two results: counters, statements, budgets and launches."""
