//! Lakes written and read again.
