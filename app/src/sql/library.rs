//! Queries for questions that come up often, each ready to run and to change.

/// A query with the question that it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// What it is asked for by.
    pub name: &'static str,
    /// The question that it answers, as a title.
    pub question: &'static str,
    /// The query in SQL.
    pub sql: &'static str,
}

/// The query of that name.
#[must_use]
pub fn named(name: &str) -> Option<Named> {
    LIBRARY.iter().copied().find(|query| query.name == name)
}

/// All of them, in the order in which the manual lists them.
pub const LIBRARY: &[Named] = &[
    Named {
        name: "states",
        question: "What did goroutines do in all?",
        sql: "SELECT state, sum(spans) AS spans, dur(sum(total_ns)) AS total\nFROM state_totals\nGROUP BY state\n\
              ORDER BY sum(total_ns) DESC",
    },
    Named {
        name: "longest-waits",
        question: "Which waits took longest, where, and who ended them?",
        sql: "SELECT dur(duration_ns) AS duration, g, operation, function, line, waker_g, waker_function, start_ns\n\
              FROM waits JOIN goroutines USING (g, trace_id)\nWHERE NOT is_system_goroutine\nORDER BY duration_ns DESC\nLIMIT 20",
    },
    Named {
        name: "wait-sites",
        question: "Where do goroutines of the program wait longest in all?",
        sql: "SELECT function, line, operation, sum(waits) AS waits, dur(sum(total_ns)) AS total, dur(max(max_ns)) AS longest\n\
              FROM wait_sites\nWHERE root_func(stack_id, trace_id) NOT LIKE 'runtime.%'\nGROUP BY function, line, operation\n\
              ORDER BY sum(total_ns) DESC\nLIMIT 20",
    },
    Named {
        name: "lock-waits",
        question: "How long does each function wait for locks: how often, median, p95?",
        sql: "SELECT function, count(*) AS waits, dur(sum(duration_ns)) AS total, dur(median(duration_ns)) AS median,\n\
              \x20      dur(percentile(duration_ns, 95)) AS p95\nFROM waits\nWHERE operation LIKE '%lock%'\n\
              GROUP BY function\nORDER BY sum(duration_ns) DESC\nLIMIT 20",
    },
    Named {
        name: "wakers",
        question: "Whose wakeups ended the waits of which functions?",
        sql: "SELECT function AS waits_in, waker_function AS woken_in, count(*) AS wakeups, dur(sum(duration_ns)) AS waited\n\
              FROM waits\nWHERE waker_g IS NOT NULL\nGROUP BY function, waker_function\n\
              ORDER BY sum(duration_ns) DESC\nLIMIT 20",
    },
    Named {
        name: "busiest-goroutines",
        question: "Which goroutines ran longest?",
        sql: "SELECT g, name, dur(running_ns) AS running, dur(runnable_ns) AS runnable, dur(waiting_ns) AS waiting\n\
              FROM goroutines\nORDER BY running_ns DESC\nLIMIT 20",
    },
    Named {
        name: "goroutine-groups",
        question: "How many goroutines did each function start, and what did they do?",
        sql: "SELECT name, count(*) AS goroutines, dur(sum(running_ns)) AS running, dur(sum(runnable_ns)) AS runnable,\n\
              \x20      dur(sum(syscall_ns)) AS syscall, dur(sum(waiting_ns)) AS waiting\nFROM goroutines\nGROUP BY name\n\
              ORDER BY sum(running_ns) DESC\nLIMIT 20",
    },
    Named {
        name: "creators",
        question: "Where are most goroutines created?",
        sql: "SELECT func(creation_stack_id, trace_id) AS created_in, name AS start_function, count(*) AS goroutines\n\
              FROM goroutines\nWHERE created_ns IS NOT NULL\nGROUP BY created_in, name\nORDER BY goroutines DESC\nLIMIT 20",
    },
    Named {
        name: "still-there",
        question: "Which goroutines were created in the trace and never ended?",
        sql: "SELECT func(creation_stack_id, trace_id) AS created_in, name AS start_function, count(*) AS goroutines,\n\
              \x20      min(created_ns) AS first_created_ns\nFROM goroutines\n\
              WHERE created_ns IS NOT NULL AND ended_ns IS NULL\nGROUP BY created_in, name\nORDER BY goroutines DESC",
    },
    Named {
        name: "scheduler-latency",
        question: "How long do goroutines wait for a P: median, p95, p99, maximum?",
        sql: "SELECT name, count(*) AS waits, dur(median(duration_ns)) AS median, dur(percentile(duration_ns, 95)) AS p95,\n\
              \x20      dur(percentile(duration_ns, 99)) AS p99, dur(max(duration_ns)) AS longest\n\
              FROM spans JOIN goroutines USING (g, trace_id)\nWHERE state = 'runnable'\nGROUP BY name\n\
              ORDER BY sum(duration_ns) DESC\nLIMIT 20",
    },
    Named {
        name: "preempted",
        question: "Which code is preempted most?",
        sql: "SELECT func(stack_id, trace_id) AS function, count(*) AS times\nFROM g_transitions\n\
              WHERE from_state = 'running' AND to_state = 'runnable' AND reason = 'preempted'\nGROUP BY function\n\
              ORDER BY times DESC\nLIMIT 20",
    },
    Named {
        name: "system-calls",
        question: "Which system calls take longest in all, and from where?",
        sql: "SELECT call, function, count(*) AS calls, dur(sum(duration_ns)) AS total, dur(max(duration_ns)) AS longest\n\
              FROM syscalls\nGROUP BY call, function\nORDER BY sum(duration_ns) DESC\nLIMIT 20",
    },
    Named {
        name: "slowest-tasks",
        question: "Which tasks took longest, by type?",
        sql: "SELECT name, count(*) AS tasks, dur(median(duration_ns)) AS median, dur(percentile(duration_ns, 95)) AS p95,\n\
              \x20      dur(max(duration_ns)) AS longest\nFROM tasks\nGROUP BY name\nORDER BY max(duration_ns) DESC",
    },
    Named {
        name: "slowest-regions",
        question: "Which regions took longest, by type?",
        sql: "SELECT name, count(*) AS regions, dur(median(duration_ns)) AS median, dur(percentile(duration_ns, 95)) AS p95,\n\
              \x20      dur(max(duration_ns)) AS longest\nFROM regions\nWHERE NOT began_before AND NOT goes_on\nGROUP BY name\n\
              ORDER BY max(duration_ns) DESC",
    },
    Named {
        name: "task-logs",
        question: "What do the tasks log, with the time since the task's beginning?",
        sql: "SELECT tasks.name, task_id, dur(time_ns - start_ns) AS after, category, message\n\
              FROM logs JOIN tasks USING (task_id, trace_id)\nORDER BY task_id, time_ns",
    },
    Named {
        name: "region-states",
        question: "What did goroutines do inside the slowest regions?",
        sql: "WITH slow AS (SELECT trace_id, g, name, start_ns, end_time_ns FROM regions ORDER BY duration_ns DESC LIMIT 10)\n\
              SELECT slow.name, slow.g, state, reason,\n\
              \x20      dur(sum(min(spans.end_time_ns, slow.end_time_ns) - max(spans.start_ns, slow.start_ns))) AS total\n\
              FROM slow JOIN spans ON spans.trace_id = slow.trace_id AND spans.g = slow.g\n\
              \x20 AND spans.start_ns < slow.end_time_ns AND spans.end_time_ns > slow.start_ns\n\
              GROUP BY slow.trace_id, slow.start_ns, slow.g, state, reason\n\
              ORDER BY slow.end_time_ns - slow.start_ns DESC, sum(spans.duration_ns) DESC",
    },
    Named {
        name: "gc",
        question: "How many GC cycles and STW pauses are there, and how long are they?",
        sql: "SELECT 'GC cycle' AS what, count(*) AS times, dur(sum(duration_ns)) AS total, dur(max(duration_ns)) AS longest\n\
              FROM gc_cycles\nUNION ALL\n\
              SELECT 'STW pause: ' || reason, count(*), dur(sum(duration_ns)), dur(max(duration_ns))\nFROM stw\nGROUP BY reason",
    },
    Named {
        name: "heap",
        question: "How do the heap and its goal change over time?",
        sql: "SELECT end_time_ns, name, value\nFROM metrics\nWHERE name LIKE '%:bytes'\nORDER BY end_time_ns",
    },
    Named {
        name: "cpu-samples",
        question: "Which functions does the CPU profiler see, with all that they call?",
        sql: "SELECT functions.name, count(DISTINCT samples.trace_id || '/' || samples.end_time_ns || '/' || src_stack_id) AS samples\n\
              FROM samples JOIN stack_frames ON stack_id = src_stack_id AND stack_frames.trace_id = samples.trace_id\n\
              JOIN frames USING (frame_id, trace_id) JOIN functions USING (function_id, trace_id)\nGROUP BY functions.name\n\
              ORDER BY samples DESC\nLIMIT 20",
    },
    Named {
        name: "findings",
        question: "What has Tracelane found?",
        sql: "SELECT rank, severity, kind, headline, function, line, dur(time_lost_ns) AS time_lost\nFROM findings\nORDER BY rank",
    },
];
