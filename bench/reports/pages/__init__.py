"""Pages in Markdown: of one result or of several side by side, each on a page of its own or as a directory of pages."""
