//! Requests that were read and are not answered yet. The client may take one back (`notifications/cancelled`), also while it is
//! being answered.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use trace_core::base::monitor::Monitor;

/// A message as it was read.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// JSON of any kind.
    Json(Value),
    /// A line that is not valid JSON.
    NotJson,
}

/// The ids of open requests, each with what stops it. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Requests(Arc<Mutex<Vec<(Value, Monitor)>>>);

impl Requests {
    /// Reads a line: `None` if nothing is left to do about it.
    pub(super) fn read(&self, line: &str) -> Option<Message> {
        if line.trim().is_empty() {
            return None;
        }
        let Ok(message) = serde_json::from_str::<Value>(line) else { return Some(Message::NotJson) };
        if message.get("method").and_then(Value::as_str) == Some("notifications/cancelled") {
            self.cancel(message.get("params").and_then(|params| params.get("requestId")));
            return None;
        }
        let each = message.as_array().map_or_else(|| std::slice::from_ref(&message), Vec::as_slice);
        for id in each.iter().filter(|one| one.get("method").is_some()).filter_map(|one| one.get("id")) {
            self.with(|open| open.push((id.clone(), Monitor::new())));
        }
        Some(Message::Json(message))
    }

    fn with<T>(&self, change: impl FnOnce(&mut Vec<(Value, Monitor)>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn cancel(&self, id: Option<&Value>) {
        self.with(|open| open.iter().filter(|(known, _)| Some(known) == id).for_each(|(_, monitor)| monitor.cancel()));
    }

    /// What stops a request that is to be answered now; `None` if it was taken back.
    pub(super) fn begin(&self, id: &Value) -> Option<Monitor> {
        let monitor = self.with(|open| open.iter().find(|(known, _)| known == id).map(|(_, monitor)| monitor.clone()));
        let monitor = monitor.unwrap_or_default();
        if monitor.is_cancelled() {
            self.end(id);
            return None;
        }
        Some(monitor)
    }

    /// Whether the answer to a request is still wanted. The request is over.
    pub(super) fn end(&self, id: &Value) -> bool {
        self.with(|open| {
            let at = open.iter().position(|(known, _)| known == id);
            at.is_none_or(|at| !open.remove(at).1.is_cancelled())
        })
    }
}
