"""Who needs what: pure decisions from facts and now to intents."""
