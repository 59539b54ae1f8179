"""Scenarios for somebody's own mapped classes: what there is to ask of them, and the module that asks it."""
