"""Other retrieval libraries' own recipes, measured beside Zhida on the same documents and questions: `make peers`."""
