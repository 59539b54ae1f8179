"""A result as a file that another tool or service reads, one module a format."""
