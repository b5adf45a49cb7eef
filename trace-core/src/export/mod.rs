//! Traces turned into other forms.

mod quote;
pub mod reference;
