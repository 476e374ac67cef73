"""Score the assistant against question suites."""
