//! Traces turned into other forms.

mod misuse;
pub mod reference;
