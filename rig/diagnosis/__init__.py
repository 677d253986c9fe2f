"""After a failed run: what most likely went wrong first, the evidence for it, and what to do next."""
