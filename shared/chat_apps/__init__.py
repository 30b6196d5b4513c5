"""What each chat platform sends and takes: from its wire to what was said, and from a reply to its wire. No I/O."""
