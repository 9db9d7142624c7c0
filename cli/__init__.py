"""The command line; installed as ``ucch.cli``."""
