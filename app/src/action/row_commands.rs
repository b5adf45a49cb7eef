//! The commands that group and sort lanes: two menus of their own below the menu View.

use crate::action::action::{Action, RowsAction};
use crate::action::command::{Command, command, lanes, with_lanes};
use crate::action::menu::Group;
use crate::state::app::AppState;
use crate::state::grouping::GroupBy;
use crate::state::order::GoroutineOrder;

/// The command that the menus of lanes stand before in the menu View.
pub const BEFORE: &str = "expand-groups";

fn group(state: &AppState, by: GroupBy) -> Option<Action> {
    with_lanes(state, Action::Rows(RowsAction::GroupGoroutines(by)))
}

fn is_grouped(state: &AppState, by: GroupBy) -> bool {
    lanes(state).is_some_and(|document| document.group_by == by)
}

fn sort(state: &AppState, order: GoroutineOrder) -> Option<Action> {
    with_lanes(state, Action::Rows(RowsAction::OrderGoroutines(order)))
}

fn is_sorted(state: &AppState, order: GoroutineOrder) -> bool {
    lanes(state).is_some_and(|document| document.order() == order)
}

macro_rules! groupings {
    ($($by:ident $id:literal $name:literal $help:literal)*) => {
        /// How goroutines can be grouped.
        pub const GROUPINGS: &[Command] = &[$(
            command($id, $name, $help, Group::View)
                .makes(|state| group(state, GroupBy::$by))
                .switch(|state| is_grouped(state, GroupBy::$by)),
        )*];
    };
}

groupings! {
    Function "group-function" "Group by start function" "Goroutines with one start function under one heading"
    Creator "group-creator" "Group by creator" "Goroutines by the start function of who created them"
    Package "group-package" "Group by package" "Goroutines by the package of their start function"
    Task "group-task" "Group by task" "Goroutines by the type of user tasks that they worked for"
    GoLabel "group-label" "Group by label" "Goroutines by the label that they got"
    Tag "group-tag" "Group by tag" "Goroutines by what their stacks are about: HTTP server, DNS, file"
    Nothing "group-nothing" "One lane per goroutine" "Goroutines are not grouped"
}

macro_rules! orders {
    ($($order:ident $id:literal $name:literal $help:literal)*) => {
        /// What goroutines and their groups can be sorted by.
        pub const ORDERS: &[Command] = &[$(
            command($id, $name, $help, Group::View)
                .makes(|state| sort(state, GoroutineOrder::$order))
                .switch(|state| is_sorted(state, GoroutineOrder::$order)),
        )*
            command("order-reverse", "Reverse order", "Sorts groups and lanes the other way round", Group::View)
                .makes(|state| with_lanes(state, Action::Rows(RowsAction::ReverseOrder)))
                .switch(|state| lanes(state).is_some_and(|document| document.is_reversed)),
        ];
    };
}

orders! {
    Id "order-id" "Sort by id" "Mostly the order of creation"
    Function "order-function" "Sort by name" "Groups by title, lanes by start function"
    Created "order-created" "Sort by creation" "Goroutines from before the trace first"
    Appearance "order-appearance" "Sort by first event" "The first in the trace first"
    Count "order-count" "Sort by number of goroutines" "The largest group first"
    Lifetime "order-lifetime" "Sort by lifetime" "The longest first"
    Running "order-running" "Sort by running time" "The busiest first"
    Runnable "order-runnable" "Sort by runnable time" "Those first that waited longest for a proc in total"
    Syscall "order-syscall" "Sort by time in system calls" "The longest total first"
    Waiting "order-waiting" "Sort by waiting time" "The longest total first"
    Sync "order-sync" "Sort by waiting for sync" "Locks, wait groups, condition variables; the longest total first"
    Channel "order-channel" "Sort by waiting for channels" "The longest total first"
    Network "order-network" "Sort by waiting for the network" "The longest total first"
    Sleep "order-sleep" "Sort by sleeping" "The longest total first"
    Assist "order-assist" "Sort by mark assist" "Those first that helped the GC most"
    LongestWait "order-wait" "Sort by longest wait" "The longest single wait first"
    LongestRunnable "order-latency" "Sort by longest wait for a proc" "The longest single wait first"
    Changes "order-changes" "Sort by changes of state" "Those with the most spans first"
}

/// Whether a command stands in one of these menus.
#[must_use]
pub fn has(id: &str) -> bool {
    GROUPINGS.iter().chain(ORDERS).any(|command| command.id == id)
}
