"""The bench: which boards are attached, who uses them, and what they lack."""
