"""Public code files in the layout of their publisher, read line by line as exact tables: nothing is parsed but lines and cells."""
