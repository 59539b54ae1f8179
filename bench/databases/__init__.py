"""Where a database comes from. Nothing heavy is imported here: the worker passes through on its way to the address."""
