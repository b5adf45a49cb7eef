//! Small things to put on screens. They know nothing of the program's state.

pub mod badge;
pub mod button;
pub mod call_tree;
pub mod chip;
pub mod code_editor;
pub mod content;
pub mod data_table;
pub mod diff_flame;
pub mod distribution;
pub mod field;
pub mod flame;
pub mod heat;
pub mod key_focus;
pub mod keycap;
pub mod legend;
pub mod link;
pub mod menu;
pub mod plot;
pub mod progress;
pub mod proportion;
pub mod section;
pub mod shade;
pub mod stacked;
