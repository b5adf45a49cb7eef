//! What the bytes of a trace say, before any meaning.
