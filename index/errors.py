"""Every error that a person may see, drawn once.

    ZhidaError                what was expected, what came, what to do: one line, exit code 2
    ├── SettingsError         a setting is unknown or its value is not allowed
    ├── ReadError             one file cannot be read; the others still are
    ├── ModelError            an embedding model cannot be loaded
    ├── LibraryError          a home folder is missing, damaged or not a library
    │   ├── LibraryBusy       another process is writing to this library
    │   └── ModelMismatch     the library was made by another embedding model
    ├── NotThere              a conversation or an answer is not there, or is somebody else's
    └── AnswererError         the language model did not answer

Anything else that is raised is a defect of ours and keeps its traceback.
"""


class ZhidaError(Exception):
    """Base of all errors whose message is written for the user."""


class SettingsError(ZhidaError):
    """A setting is unknown or its value is not allowed."""


class ReadError(ZhidaError):
    """One file cannot be read; carries the reason that a document owner understands."""


class ModelError(ZhidaError):
    """An embedding model cannot be loaded."""


class LibraryError(ZhidaError):
    """A home folder is missing, damaged or not a library."""


class LibraryBusy(LibraryError):
    """Another process holds the writer's lock of this library."""


class ModelMismatch(LibraryError):
    """The library's vectors were made by another embedding model than the one in the settings."""


class NotThere(ZhidaError):
    """A conversation or an answer that is not there, or belongs to somebody else: nobody is told which."""


class AnswererError(ZhidaError):
    """The language model could not be reached or broke off; the caller falls back to extraction."""
