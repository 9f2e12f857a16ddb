"""The linear program: families of variables and blocks of rows, as values."""
