"""PDF: pages into lines, columns, tables and paragraphs in reading order."""
