"""What every room stands on: errors, settings, the command line, files. Neither pictures nor networks."""
