"""Rows for mapped tables whose own are not at hand: they respect the tables' types, keys and constraints."""
