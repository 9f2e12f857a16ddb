"""Who solves a linear program, and the certificate that it was solved."""
