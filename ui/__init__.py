"""The ways in: command line and chat page."""
