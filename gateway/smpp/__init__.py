"""SMPP without I/O: octets in, values out and back. Standard library only; never awaits, logs or asks the time."""
