"""Who may charge, and what has been charged: the central system's state, changed by facts and by nothing else."""
