//! Traces turned into other forms.

pub mod cut;
pub mod folded;
pub mod generations;
mod misuse;
pub mod perfetto;
pub mod pprof;
mod protobuf;
pub mod reference;
