"""What billing and auditors read: records of segments, and whether all that was accepted is accounted for."""
