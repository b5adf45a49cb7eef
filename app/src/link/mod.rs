//! Links to a place in a trace, `tracelane://open?file=…&sha256=…&t=1.2s..1.4s&g=25`: how they are written and read, and
//! which file they are about.

pub mod find;
pub mod hash;
mod percent;
pub mod place;
pub mod text;
pub mod uri;
