"""Problems made and mended: tests grown from a reference, and gates that a row must pass before it is trained on."""
