//! Which bytes: files and memory, with offsets for every error.
