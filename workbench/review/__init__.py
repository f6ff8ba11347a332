"""A local page on which people look at rows and decide: what goes, what stays, what is put right."""
