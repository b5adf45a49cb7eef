//! What goroutines call into to wait, or to wake others: locks, channels, timers, pools.

/// What a goroutine called into to wait, or to wake others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Op {
    /// Anything else.
    #[default]
    Other,
    /// `sync.(*Mutex).Lock`
    MutexLock,
    /// `sync.(*RWMutex).Lock`
    WriteLock,
    /// `sync.(*RWMutex).RLock`
    ReadLock,
    /// `sync.(*Mutex).Unlock`
    MutexUnlock,
    /// `sync.(*RWMutex).Unlock`
    WriteUnlock,
    /// `sync.(*RWMutex).RUnlock`
    ReadUnlock,
    /// `sync.(*Once).Do`, while another goroutine runs the function.
    Once,
    /// The end of that function: the others that wait in `sync.(*Once).Do` go on.
    OnceDone,
    /// `sync.(*WaitGroup).Wait`
    WaitGroup,
    /// `sync.(*WaitGroup).Done`, or `Add` with a negative number.
    WaitGroupDone,
    /// `sync.(*Cond).Wait`
    Cond,
    /// `sync.(*Cond).Signal` or `Broadcast`
    CondSignal,
    /// `time.Sleep`
    Sleep,
    /// A channel send.
    Send,
    /// A channel receive.
    Receive,
    /// The closing of a channel.
    Close,
    /// A select.
    Select,
    /// Accepting a network connection.
    Accept,
    /// Waiting for a free connection of a library's pool: `net/http.(*Transport).getConn`,
    /// `database/sql.(*DB).conn`.
    Pool,
    /// Waiting for the GC: to begin or end a cycle (`runtime.gcStart`, `runtime.gcMarkDone`), in a mark assist, for
    /// the cycle that `runtime.GC` asked for.
    Gc,
    /// Package `testing` waiting for tests: for a subtest, for its turn to run in parallel.
    Test,
}

impl Op {
    /// Whether it waits for a mutex of some kind, or for the function of a `sync.Once`.
    #[must_use]
    pub const fn is_lock(self) -> bool {
        matches!(self, Self::MutexLock | Self::WriteLock | Self::ReadLock | Self::Once)
    }

    /// Whether it ends such waits.
    #[must_use]
    pub const fn is_unlock(self) -> bool {
        matches!(self, Self::MutexUnlock | Self::WriteUnlock | Self::ReadUnlock | Self::OnceDone)
    }

    /// The operation in which a goroutine waited that this one has woken; `Other` if that does not follow.
    ///
    /// The end of a write lock wakes readers and writers alike: [`Op::ReadLock`] stands for both.
    #[must_use]
    pub const fn counterpart(self) -> Self {
        match self {
            Self::MutexUnlock => Self::MutexLock,
            Self::WriteUnlock => Self::ReadLock,
            Self::ReadUnlock => Self::WriteLock,
            Self::OnceDone => Self::Once,
            Self::WaitGroupDone => Self::WaitGroup,
            Self::CondSignal => Self::Cond,
            Self::Send | Self::Close => Self::Receive,
            Self::Receive => Self::Send,
            _ => Self::Other,
        }
    }

    /// How Go spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Other => "",
            Self::MutexLock => "sync.(*Mutex).Lock",
            Self::WriteLock => "sync.(*RWMutex).Lock",
            Self::ReadLock => "sync.(*RWMutex).RLock",
            Self::MutexUnlock => "sync.(*Mutex).Unlock",
            Self::WriteUnlock => "sync.(*RWMutex).Unlock",
            Self::ReadUnlock => "sync.(*RWMutex).RUnlock",
            Self::Once | Self::OnceDone => "sync.(*Once).Do",
            Self::WaitGroup => "sync.(*WaitGroup).Wait",
            Self::WaitGroupDone => "sync.(*WaitGroup).Done",
            Self::Cond => "sync.(*Cond).Wait",
            Self::CondSignal => "sync.(*Cond).Signal",
            Self::Sleep => "time.Sleep",
            Self::Send => "chan send",
            Self::Receive => "chan receive",
            Self::Close => "close",
            Self::Select => "select",
            Self::Accept => "accept",
            Self::Pool => "a pool of connections",
            Self::Gc => "the GC",
            Self::Test => "package testing",
        }
    }

    /// The operation of a library function whose callees make up `inner`. The caller overrules: an `RWMutex` is
    /// made of a `Mutex`.
    pub(super) fn of(function: &str, inner: Self) -> Option<Self> {
        Some(match function {
            // A goroutine that runs the function of a `Once` itself waits for something else in there.
            "sync.(*Once).doSlow" => match inner {
                Self::MutexLock => Self::Once,
                Self::MutexUnlock => Self::OnceDone,
                _ => return None,
            },
            "sync.(*Mutex).Lock" | "internal/sync.(*Mutex).Lock" => Self::MutexLock,
            "sync.(*RWMutex).Lock" => Self::WriteLock,
            "sync.(*RWMutex).RLock" => Self::ReadLock,
            "sync.(*Mutex).Unlock" | "internal/sync.(*Mutex).Unlock" => Self::MutexUnlock,
            "sync.(*RWMutex).Unlock" => Self::WriteUnlock,
            "sync.(*RWMutex).RUnlock" => Self::ReadUnlock,
            "sync.(*WaitGroup).Wait" => Self::WaitGroup,
            "sync.(*WaitGroup).Add" | "sync.(*WaitGroup).Done" => Self::WaitGroupDone,
            // It gives its lock up while it waits, and takes it again: that is a lock like any other.
            "sync.(*Cond).Wait" if inner.is_lock() || inner.is_unlock() => return None,
            "sync.(*Cond).Wait" => Self::Cond,
            "sync.(*Cond).Signal" | "sync.(*Cond).Broadcast" => Self::CondSignal,
            "time.Sleep" => Self::Sleep,
            "runtime.chansend1" => Self::Send,
            "runtime.chanrecv1" | "runtime.chanrecv2" => Self::Receive,
            "runtime.closechan" => Self::Close,
            "runtime.selectgo" => Self::Select,
            "internal/poll.(*FD).Accept" => Self::Accept,
            // Its own lock, which it takes and releases on the way, is a lock.
            "net/http.(*Transport).getConn" | "database/sql.(*DB).conn" if inner.is_lock() || inner.is_unlock() => {
                return None;
            }
            "net/http.(*Transport).getConn" | "database/sql.(*DB).conn" => Self::Pool,
            "runtime.GC" => Self::Gc,
            _ if function.starts_with("runtime.gc") => Self::Gc,
            _ if function.starts_with("testing.") => Self::Test,
            _ => return None,
        })
    }
}
