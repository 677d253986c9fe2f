"""What people read: live progress, the verdict table, the HTML report, the run folder's files."""
