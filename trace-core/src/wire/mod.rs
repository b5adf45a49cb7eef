//! What the bytes of a trace say, before any meaning.

pub mod text;
pub mod v2;
pub mod version;
