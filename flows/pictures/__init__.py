"""Pictures of a document's pages on which the cells that were read are framed. Knows places, nothing of reports."""
