"""The widget: a button on other people's pages that opens the chat in a frame.

routes      what the service serves for it: the launcher, the page in the frame, the page with the snippets
pages/      those files, as browsers get them: no framework, no build step
examples/   back ends of host pages that sign tokens, in Python and Node
README.md   how to put it on a page

Who may embed it and who asks is decided in ui.access.widgets. Both halves speak by postMessage,
`{zhida: 1, type: …}`, and check the origin and the window that a message comes from.
"""
