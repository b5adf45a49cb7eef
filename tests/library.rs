//! The tests of the library, in one binary: they link once. Those that measure memory have binaries of their own,
//! since their allocator counts for the whole process.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/batches.rs"]
mod batches;
#[path = "support/damages.rs"]
mod damages;
#[path = "support/finding_checks.rs"]
mod finding_checks;
#[path = "support/fixtures.rs"]
mod fixtures;
#[path = "support/folder.rs"]
mod folder;
#[path = "support/header.rs"]
mod header;
#[path = "support/old.rs"]
mod old;
#[path = "support/random.rs"]
mod random;
#[path = "support/scene.rs"]
mod scene;
#[path = "support/scene_findings.rs"]
mod scene_findings;
#[path = "support/tar.rs"]
mod tar;

mod before_the_trace;
mod calls_within;
mod causes;
mod causes_told_apart;
mod clock_and_cpu;
mod collector;
mod collector_scenes;
mod compare_stats;
mod connections_anew;
mod cut;
mod damage_table;
mod effort;
mod examples;
mod facade;
mod finding_invariants;
mod findings;
mod goroutine_stats;
mod hangs_and_herds;
mod headlines;
mod helpers_named;
mod instant;
mod kept_alive;
mod ledger;
mod loops;
mod losses;
mod lost_partners;
mod no_cpu;
mod old_formats;
mod order_check;
mod order_shuffle;
mod order_text;
mod packed;
mod perfetto;
mod pools_and_queues;
mod population;
mod real_look_alikes;
mod running_time;
mod scheduling;
mod slow_readers;
mod slow_requests;
mod stages_and_slots;
mod tables;
mod teams;
mod timers_and_herds;
mod true_sentences;
mod waits_without_end;
mod why_sentences;
