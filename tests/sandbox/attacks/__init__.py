"""Programs that try to pass without being right. One small file each; `catalogue.py` says what a file declares."""
