"""What a result says to its reader: tables, sentences and whole reports."""
