"""Words <-> octets of a short_message: alphabets, encodings, headers, segments out and in."""
