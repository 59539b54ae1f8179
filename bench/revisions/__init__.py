"""Code of other revisions: checkouts and environments that a worker can run, made for a comparison."""
