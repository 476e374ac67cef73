"""Turn documents into a library of passages with exact offsets."""
