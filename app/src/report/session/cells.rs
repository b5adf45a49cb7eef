//! Values of a session as cells of tables.

use trace_core::base::nanos::Nanos;
use trace_core::session::Session;

use crate::report::value::Value;

/// The name of a service.
pub(super) fn service_name(session: &Session, at: u32) -> Value {
    session.services.get(at as usize).map_or(Value::Missing, |service| Value::Name(service.name.clone()))
}

/// A time, from the start of the session.
pub(super) fn time(session: &Session, at: i64) -> Value {
    Value::Time(at.saturating_sub(session.range.start.0))
}

/// A length of time, nanoseconds.
pub(super) const fn length(nanos: i64) -> Value {
    Value::Duration(Nanos(nanos.unsigned_abs()))
}
