"""The two lanes in simulated time: `python -m tests.lanes` prints the table of docs/lanes.md and draws its plot."""
