"""Mailboxes, calendars and chats: the contacts they tell of, as a table like any other file's."""
