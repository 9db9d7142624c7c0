"""Models on the Hugging Face Hub: files up and down, and the card beside them."""

import lazy_loader

# names and where they stand: __init__.pyi; each is imported when it is asked for
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
