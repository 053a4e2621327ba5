"""Laws are tried without a deadline: a busy machine breaks none."""

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
