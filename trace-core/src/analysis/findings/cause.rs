//! The mechanism behind a finding, where more is known than its kind.

/// What a finding is due to, within its kind. Findings of several kinds can have the same cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cause {
    /// A lock is held during a slow call.
    HeldOverSlowCall,
    /// A lock guards a connection, and is held until the answer is there.
    OneConnection,
    /// A lock is held by a goroutine that sleeps.
    HeldOverSleep,
    /// A lock is held by a goroutine that computes.
    HeldWhileComputing,
    /// A lock is held by a goroutine that waits for the GC.
    HeldOverGc,
    /// A reader of an `RWMutex` keeps a writer waiting, and the writer all new readers.
    ReaderBlocksWriter,
    /// The function of a `sync.Once` takes long.
    Once,
    /// A lock is held until the trace ends, by a goroutine that is still inside the code that holds it.
    HeldToTheEnd,
    /// A lock was acquired and its holder has gone on without releasing it.
    MissingUnlock,
    /// Goroutines hold the locks that they wait for.
    Deadlock,
    /// A lock is never released, and nobody but those who wait for it can hold it.
    NeverReleased,
    /// Goroutines that belong to open connections.
    Connections,
    /// Whoever was on the other side of a channel is gone.
    VanishedPartner,
    /// Nobody receives from the channel.
    NoReceiver,
    /// Whoever receives from a channel sends to it, and waits for itself.
    ReceiverSends,
    /// Slots of a semaphore are taken, and not given back on some path.
    SlotsKept,
    /// GOMAXPROCS is 1, and several goroutines want the proc.
    OneProc,
    /// A WaitGroup is waited for whose Done is missing on some path.
    MissingDone,
    /// The threads of idle procs get no CPU.
    ThreadsWithoutCpu,
    /// The goroutine that waits for a proc is locked to a thread.
    LockedToThread,
    /// Of several that answer requests for a share of something one has most to do.
    HotShard,
    /// Goroutines are created in rounds, each of which waits for its slowest one.
    Rounds,
    /// Of several workers with a queue each nearly all is sent to one.
    UnevenQueue,
    /// Of several consumers with a channel each one cannot keep up, and whoever sends waits for it.
    OneFullQueue,
    /// Most of those who took from a channel have ended.
    ConsumersEnded,
    /// Of several it is always the same one that is late.
    SameOne,
    /// An answer comes only when a timer fires.
    BatchTimer,
    /// Slots or connections are kept by others than those who wait for one.
    HeldByOthers,
    /// All connections of a pool are in use.
    PoolExhausted,
    /// Connections of a pool are not given back to it any more.
    ConnectionsKept,
    /// Connections are made for one call each and not used again.
    NotReused,
    /// Connections are kept by responses whose bodies nobody closes.
    BodiesOpen,
    /// Each piece of work has a worker, but only one may work at a time.
    OneAtATime,
    /// All workers are waiting for something themselves.
    WorkersWait,
    /// All workers wait at once, until a timer fires: perhaps for work that only they could do.
    OwnWorkers,
    /// A loop around `runtime.Gosched`.
    GoschedLoop,
    /// Goroutines call `runtime.Gosched` again and again, and do nothing else that the trace shows.
    YieldLoop,
    /// A loop around an operation that does not block.
    NonBlockingLoop,
    /// The program waits for processes that it started to end.
    ChildProcess,
    /// One goroutine does or hands out what many wait for.
    OneServer,
    /// The other side of a connection reads more slowly than one goroutine writes to it that has more to do.
    SlowReader,
    /// What others wait for is done by finalizers or cleanups, one after the other.
    Finalizer,
    /// The goroutine that runs finalizers is in slow ones nearly all the time.
    SlowFinalizer,
    /// The other side of a call takes long.
    SlowCall,
    /// Connecting to a server takes long.
    SlowDial,
    /// Looking up a name takes long.
    SlowLookup,
    /// The other side of a call is a handler in the same trace.
    SlowHandler,
    /// Many wait for one result that one goroutine produces.
    SharedResult,
    /// Pauses between attempts that grow.
    Backoff,
    /// A pause of fixed length.
    FixedSleep,
    /// Requests make the same call at about the same time, again and again.
    Stampede,
    /// Goroutines go on working though whoever started them has given up.
    AbandonedWork,
    /// Tests sleep for most of their time.
    TestSleeps,
    /// A limit on how often something may be done.
    RateLimit,
    /// A call ends by its deadline.
    Deadline,
    /// Some waits for an answer end by a timer of the program's own, the others by the answer.
    Timeout,
    /// `sync.(*Cond).Broadcast` wakes many, most of which wait again at once.
    Broadcast,
    /// A call is made again after a sleep.
    Retries,
    /// Goroutines are created all the time, and none of them ends.
    Growing,
}

impl Cause {
    /// The stable name that reports use, as the evidence `cause`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HeldOverSlowCall => "held_over_slow_call",
            Self::OneConnection => "one_connection",
            Self::HeldOverSleep => "held_over_sleep",
            Self::HeldWhileComputing => "held_while_computing",
            Self::HeldOverGc => "held_over_gc",
            Self::ReaderBlocksWriter => "reader_blocks_writer",
            Self::Once => "once",
            Self::HeldToTheEnd => "held_to_the_end",
            Self::MissingUnlock => "missing_unlock",
            Self::Deadlock => "deadlock",
            Self::NeverReleased => "never_released",
            Self::Connections => "connections",
            Self::VanishedPartner => "vanished_partner",
            Self::NoReceiver => "no_receiver",
            Self::ReceiverSends => "receiver_sends",
            Self::SlotsKept => "slots_kept",
            Self::OneProc => "one_proc",
            Self::MissingDone => "missing_done",
            Self::ThreadsWithoutCpu => "threads_without_cpu",
            Self::LockedToThread => "locked_to_thread",
            Self::Rounds => "rounds",
            Self::HotShard => "hot_shard",
            Self::UnevenQueue => "uneven_queue",
            Self::OneFullQueue => "one_full_queue",
            Self::ConsumersEnded => "consumers_ended",
            Self::SameOne => "same_one",
            Self::BatchTimer => "batch_timer",
            Self::HeldByOthers => "held_by_others",
            Self::PoolExhausted => "pool_exhausted",
            Self::ConnectionsKept => "connections_kept",
            Self::NotReused => "connections_not_reused",
            Self::BodiesOpen => "bodies_open",
            Self::OneAtATime => "one_at_a_time",
            Self::WorkersWait => "workers_wait",
            Self::OwnWorkers => "own_workers",
            Self::GoschedLoop => "gosched_loop",
            Self::YieldLoop => "yield_loop",
            Self::NonBlockingLoop => "non_blocking_loop",
            Self::ChildProcess => "child_process",
            Self::OneServer => "one_server",
            Self::SlowReader => "slow_reader",
            Self::Finalizer => "finalizer",
            Self::SlowFinalizer => "slow_finalizer",
            Self::SlowCall => "slow_call",
            Self::SlowDial => "slow_dial",
            Self::SlowLookup => "slow_lookup",
            Self::SlowHandler => "slow_handler",
            Self::SharedResult => "shared_result",
            Self::Backoff => "backoff",
            Self::FixedSleep => "fixed_sleep",
            Self::Stampede => "stampede",
            Self::AbandonedWork => "abandoned_work",
            Self::TestSleeps => "test_sleeps",
            Self::RateLimit => "rate_limit",
            Self::Deadline => "deadline",
            Self::Timeout => "timeout",
            Self::Broadcast => "broadcast",
            Self::Retries => "retries",
            Self::Growing => "growing",
        }
    }
}
