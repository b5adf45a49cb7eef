//! What the bytes of a trace say, before any meaning.

pub mod opening;
pub mod text;
pub mod v1;
pub mod v2;
pub mod version;
