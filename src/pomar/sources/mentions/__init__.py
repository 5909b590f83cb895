"""What people say in public: mentions and reviews, by webhook and from feeds (RSS, Atom)."""
