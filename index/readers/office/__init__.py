"""Word, PowerPoint and Excel files, and tables of text."""
