from .checkpoint import load_newest, load_state, save_state
from .run_folder import RunFolder, free_run_path
from .stop_signals import StopSignals

__all__ = ["RunFolder", "StopSignals", "free_run_path", "load_newest", "load_state", "save_state"]
