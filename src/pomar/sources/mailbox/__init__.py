"""Mailboxes over IMAP, also one that letters are sent to as blind copies: that somebody wrote, not what."""
