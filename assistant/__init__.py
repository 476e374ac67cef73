"""Turn a question into an answer whose every sentence is quoted from the library."""
