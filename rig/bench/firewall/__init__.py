"""Whether this machine's packet filter lets a board through to the central system and the SNTP server."""
