"""Operations: how they start, move, end, and are read."""
