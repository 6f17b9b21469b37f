"""The source viewer: a whole document as cleaned text, with the cited sentence marked, and its pages as pictures.

links    addresses of documents, sentences, clauses; the one way in which other pages point here
layout   a Document → blocks with anchors, an outline, and the parts that a very long one is shown in
place    what of the document an address asks for, and whether it still stands there
shown    what one page shows, and the addresses on it
body     the text of a document as HTML
page     everything around it as HTML; texts has the words
pictures pages of PDFs, drawn in a child process, kept for a while
routes   the addresses below /sources, each behind ui.access
"""
