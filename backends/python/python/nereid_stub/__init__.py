"""The process in which a server runs one instance of a Python model. PROTOCOL.md has its frames."""
