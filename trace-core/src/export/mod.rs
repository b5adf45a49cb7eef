//! Traces turned into other forms.

pub mod cut;
pub mod folded;
mod misuse;
pub mod pprof;
pub mod reference;
