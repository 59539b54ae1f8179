"""What disturbs measurements on this machine, as far as it tells without root, and what to do about it."""
