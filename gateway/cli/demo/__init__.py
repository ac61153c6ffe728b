"""`bin/demo`: a gateway, three simulated carriers, two apps; for people to watch, checked to the last message."""
