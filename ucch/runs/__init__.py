"""What a run leaves on the disk and how it is stopped: run folder, checkpoints, signals, what is watched."""

import lazy_loader

# names and where they stand: __init__.pyi; each is imported when it is asked for
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
