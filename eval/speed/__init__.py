"""How fast a library is, beside the engines below it: `make bench`.

Everything is processor time, of all threads; on a shared machine it is the steadier figure. What a question costs is
put beside the floor, asked in the same moment: encoding the question and comparing all vectors with FAISS, raw.
"""
