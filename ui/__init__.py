"""Every way in: command line, HTTP, chat page. Thin: parse, call, render."""
