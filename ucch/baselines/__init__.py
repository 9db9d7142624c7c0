"""Shallow methods that UCCH is compared with: linear maps and sparse codes, learnt in closed form or by turns."""

import lazy_loader

# names and where they stand: __init__.pyi; each is imported when it is asked for
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
