"""Where the files of datasets lie."""
