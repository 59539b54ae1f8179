"""The result file, and the journal that it is made from while a run goes on."""
