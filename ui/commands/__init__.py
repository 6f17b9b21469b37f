"""One module per command of `zhida`: HELP, add_arguments(parser) and run(arguments) -> exit code."""
