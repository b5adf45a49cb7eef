-- Questions about a fleet. They run as they are with tracelane query (over a lake, or over some traces), DuckDB and Spark.

-- causes: Which causes of lost time are there, where, and in how many snapshots?
SELECT kind, function, count(DISTINCT trace_id) AS snapshots, sum(time_lost_ns) AS lost_ns
FROM findings
WHERE severity <> 'note'
GROUP BY kind, function
ORDER BY lost_ns DESC, kind, function

-- waits: Where do goroutines of each service wait longest?
SELECT t.service, w.operation, w.function, w.line, sum(w.waits) AS waits, sum(w.total_ns) AS total_ns, max(w.max_ns) AS max_ns
FROM wait_sites w JOIN traces t USING (trace_id)
WHERE w.function IS NOT NULL
GROUP BY t.service, w.operation, w.function, w.line
ORDER BY total_ns DESC, t.service, w.function, w.line

-- services: How many snapshots of which length has each service, and what did its goroutines do?
SELECT t.service, s.state, count(*) AS snapshots, sum(t.counted_ns) AS counted_ns, sum(s.total_ns) AS total_ns
FROM traces t JOIN state_totals s USING (trace_id)
WHERE t.problem IS NULL
GROUP BY t.service, s.state
ORDER BY t.service, s.state

-- groups: Which functions start most goroutines, and how long do those run?
SELECT name, sum(goroutines) AS goroutines, sum(created) AS created, sum(running_ns) AS running_ns
FROM goroutine_groups
WHERE is_system_goroutine = 0 AND name IS NOT NULL
GROUP BY name
ORDER BY goroutines DESC, running_ns DESC, name

-- tasks: How long do tasks of each type take?
SELECT name, sum(tasks) AS tasks, sum(complete) AS complete, sum(total_ns) AS total_ns, max(max_ns) AS max_ns
FROM task_types
WHERE name IS NOT NULL
GROUP BY name
ORDER BY name

-- collector: How often and how long does each snapshot collect garbage?
SELECT t.hash, count(*) AS cycles, sum(g.duration_ns) AS total_ns
FROM gc_cycles g JOIN traces t USING (trace_id)
GROUP BY t.hash
ORDER BY t.hash
