//! What is typed into the form that records several services together, and how far that is.

use trace_core::base::monitor::Monitor;

/// How far a service is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceProgress {
    /// The name that the user gave the service.
    pub name: String,
    /// Bytes that have come.
    pub bytes: u64,
    /// It has ended, as a whole or not.
    pub is_done: bool,
    /// Why no more came, in the server's own words where it answered.
    pub error: Option<String>,
}

/// What the user types.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFields {
    /// Services, a line each: `NAME=URL`.
    pub services: String,
    /// How long to record, seconds.
    pub seconds: u32,
    /// Headers to send to each server, a line each: `NAME: VALUE`.
    pub headers: String,
    /// The folder to save to; empty for a new one in the home folder.
    pub folder: String,
}

impl Default for RecordFields {
    fn default() -> Self {
        Self { services: String::new(), seconds: 5, headers: String::new(), folder: String::new() }
    }
}

/// The form that records several services together.
#[derive(Clone, Debug, Default)]
pub struct RecordForm {
    /// What is typed into it.
    pub fields: RecordFields,
    /// A recording goes on: what stops it, and since when, seconds of the UI clock.
    pub going: Option<(Monitor, f64)>,
    /// How far each service is, or was.
    pub progress: Vec<ServiceProgress>,
    /// Why nothing came of it: a sentence.
    pub said: Option<String>,
}
