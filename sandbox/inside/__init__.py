"""Code that runs in the jail. It holds nothing worth stealing, and nothing it says is believed without a check."""
