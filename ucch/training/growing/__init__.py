"""A run that goes on from an earlier one with more pairs."""

import lazy_loader

# names and where they stand: __init__.pyi; each is imported when it is asked for
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
