"""A file a family of rows; each has `NAMES` (what ONLY= picks from) and `measure(context)`, which yields rows."""
