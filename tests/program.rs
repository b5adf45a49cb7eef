//! The tests of the program and of its window, in one binary: they link once.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/archive.rs"]
mod archive;
#[path = "support/batches.rs"]
mod batches;
#[path = "support/fixtures.rs"]
mod fixtures;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/header.rs"]
mod header;
#[path = "support/hostile.rs"]
mod hostile;
#[path = "support/invariants.rs"]
mod invariants;
#[path = "support/picture.rs"]
mod picture;
#[path = "support/run.rs"]
mod run;
#[path = "support/tar.rs"]
mod tar;
#[path = "support/window.rs"]
mod window;

mod cli;
mod cli_causes;
mod cli_export;
mod cli_links;
mod cli_output;
mod cli_report_page;
mod cli_schedule;
mod compare;
mod compare_pairs;
mod damage;
mod documents;
mod flow_words;
mod follow;
mod golden_dump;
mod hostile_text;
mod https;
mod json_fields;
mod lake;
mod lake_engines;
mod layers;
mod lookalikes;
mod mcp;
mod nameless;
mod recording;
mod remote;
mod sessions;
mod snapshots;
mod sql;
mod ui_analyses;
mod ui_collector;
mod ui_compare;
mod ui_compare_pictures;
mod ui_damage;
mod ui_failed;
mod ui_fleet;
mod ui_instant;
mod ui_keyboard;
mod ui_keys;
mod ui_lanes;
mod ui_layout;
mod ui_links;
mod ui_menu;
mod ui_notes;
mod ui_only;
mod ui_palette;
mod ui_pictures;
mod ui_pins;
mod ui_pointer;
mod ui_profile;
mod ui_query;
mod ui_schedule;
mod ui_search;
mod ui_selection;
mod ui_session;
mod ui_sheet;
mod ui_shell;
mod ui_stacks;
mod ui_story;
mod ui_tables;
mod ui_tasks;
mod ui_tours;
mod written_commands;
