"""The sources that ship with Codecite: digests, code registry and glossary."""
