//! Traces turned into other forms.

pub mod folded;
mod misuse;
pub mod pprof;
pub mod reference;
