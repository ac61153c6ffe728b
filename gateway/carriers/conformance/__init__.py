"""What a carrier's SMSC is like, found out from its own answers: the script behind `relevo bind check`.

It binds with a bind's own credentials, sends test messages to one number, in steps that change one thing at a time,
and ends with the keys of the configuration that fit what was seen. What to send and what an answer means is decided
by plain functions over values; `line` alone meets the network. What only a handset can show is asked of the tester.
"""
