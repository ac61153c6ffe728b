"""How property tests choose their examples.

By default the same ones each time, so that a run says something about the change at hand and not about its luck;
`bin/test --hypothesis-profile=roving` looks for new ones. Neither fails an example for the time it took: the machine
may be busy.
"""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("roving", deadline=None, max_examples=1000)
settings.load_profile("steady")
