from hypothesis import settings

settings.register_profile("no-deadline", deadline=None)  # a deadline is a wall-clock assertion
settings.load_profile("no-deadline")
