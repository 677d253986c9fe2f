"""The network segment that a board lies in: this host's address on it, sockets in it, DHCP and DNS for it."""
