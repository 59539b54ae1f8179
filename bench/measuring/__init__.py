"""The controller: starts the worker, schedules the rounds, does the statistics. It runs no query inside a sample."""
