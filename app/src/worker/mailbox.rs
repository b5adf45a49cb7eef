//! How workers send actions to the UI thread.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::action::action::Action;

/// Wakes the UI thread, from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A way to send actions to the UI thread.
#[derive(Clone)]
pub struct Mailbox {
    pub(super) sender: Sender<Action>,
    pub(super) wake: Wake,
}

impl Mailbox {
    /// Puts an action in and wakes the UI thread. Dropped if the window is gone.
    pub fn send(&self, action: Action) {
        if self.sender.send(action).is_ok() {
            (self.wake)();
        }
    }
}
