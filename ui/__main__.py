"""`python -m ui` is `zhida`."""

from ui.cli import main

raise SystemExit(main())
