"""The review sheet of a checked report: its contents as blocks, written as HTML or as a Word document."""
