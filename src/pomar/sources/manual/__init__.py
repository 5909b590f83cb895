"""Facts that people enter, change and withdraw by hand."""
