//! Traces turned into other forms.

mod misuse;
pub mod pprof;
pub mod reference;
