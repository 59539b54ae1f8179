"""The report as one HTML file that needs no network: what it shows, how it is made, and its style and script."""
