"""What the server counted of a call, and whether all who count agree."""
