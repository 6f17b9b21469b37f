"""Is it any good, and better than before?"""
