"""Photos, films and folders of them into a style: plans, and the work on each."""
