from .card import model_card
from .hub_files import find_file, push_files
from .push import push_run, run_card

__all__ = ["find_file", "model_card", "push_files", "push_run", "run_card"]
