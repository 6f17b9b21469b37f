"""What the chat page can do, behind ui.chat: asking (talk), the drawer and the rest (desk), files to take away (export)."""
