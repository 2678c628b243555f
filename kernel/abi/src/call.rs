//! The system calls.
//!
//! On AArch64 the number is the immediate of `svc`; on x86-64 it travels in `rax`.
//! Arguments go in `x0..=x9` (named so on every machine), the status comes back in
//! `x0`, further results from `x1` on. Registers `x0..=x18` are not kept over a call,
//! `x19..=x30` and the stack pointer are. A *place* is a [`Place`](crate::Place).
//!
//! | here | AArch64 | x86-64 |
//! |---|---|---|
//! | number | immediate of `svc` | `rax` |
//! | `x0..=x5` | `x0..=x5` | `rdi rsi rdx r10 r8 r9` |
//! | `x6..=x9` | `x6..=x9` | `r12 r13 r14 r15` |
//! | `x10` | `x10` | `rax` |
//! | kept over a call | `x19..=x30`, `sp` | `rbx rbp rsp` |

/// Every call, in order of its number. What is not listed is refused: with
/// [`Error::UnknownCall`](crate::Error::UnknownCall).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u64)]
pub enum SystemCall {
    /// Send and wait for the reply. In: `x0` descriptor, `x1..=x8` words.
    /// Out: `x1..=x8` words, `x10` received descriptor.
    Call = 0,
    /// Reply to the last caller, then receive. In: `x0` descriptor whose endpoint slot
    /// is the one to receive from, `x1..=x8` words of the reply.
    /// Out: as [`SystemCall::Receive`].
    ReplyReceive = 1,
    /// Wait for a message or the bound notification. In: `x0` endpoint slot, `x1`
    /// deadline in ticks (0: do not wait). Out: `x1..=x8` words, `x9` badge, `x10`
    /// received descriptor.
    Receive = 2,
    /// Send without waiting for a reply. In: `x0` descriptor, `x1..=x8` words,
    /// `x9` deadline in ticks.
    Send = 3,
    /// Reply to the last caller. In: `x0` descriptor (endpoint slot unused), `x1..=x8` words.
    Reply = 4,
    /// Add the capability's badge to a notification's bits. In: `x0` slot.
    Signal = 5,
    /// Wait for a notification. In: `x0` slot, `x1` deadline in ticks (0: do not wait).
    /// Out: `x1` bits, cleared by this.
    Wait = 6,
    /// Let an interrupt come again. In: `x0` slot.
    InterruptAcknowledge = 7,
    /// Let others of the same priority run.
    Yield = 8,
    /// Sleep. In: `x0` deadline in ticks.
    Sleep = 9,

    /// Derive a capability. In: `x0` source place, `x1` destination place, `x2` rights
    /// to keep, `x3` badge (only where the source has none; 0 keeps the source's).
    Copy = 16,
    /// Move a capability. In: `x0` source place, `x1` destination place.
    Move = 17,
    /// Delete a capability and everything derived from it. In: `x0` place.
    Delete = 18,
    /// Delete everything derived from a capability. In: `x0` place.
    Revoke = 19,
    /// Describe a capability. In: `x0` place. Out: `x1` [`ObjectKind`](crate::status::ObjectKind),
    /// `x2` rights, `x3` badge, `x4` pages (regions).
    Inspect = 20,

    /// Carve pages out of a region as a region of their own. In: `x0` source place,
    /// `x1` destination place, `x2` first page, `x3` pages. The source must not be mapped.
    RegionCarve = 24,
    /// Say whether a region holds code (readable, executable) or data. In: `x0` place,
    /// `x1` 1 for code, 0 for data. It must not be mapped.
    RegionSetCode = 25,
    /// Map a region into the process whose table holds the capability. In: `x0` place,
    /// `x1` address, `x2` rights. One mapping a capability; derive one for each more.
    Map = 26,
    /// Undo a mapping. In: `x0` place.
    Unmap = 27,
    /// Change the rights of a mapping. In: `x0` place, `x1` rights.
    Protect = 28,

    /// In: `x0` destination place, `x1` slot of a region that becomes page tables,
    /// `x2` slot of the supervisor's endpoint, `x3` badge of its faults, `x4` quota
    /// (see [`Quota::pack`]), `x5` CPU share in 1/1000 | highest priority << 16.
    ProcessCreate = 32,
    /// In: `x0` destination place, `x1` process slot, `x2` entry, `x3` stack pointer,
    /// `x4` argument (in `x0` at the start), `x5` place of the message buffer's region
    /// (0: none), `x6` address the buffer is mapped at (for the thread's own use).
    ThreadCreate = 33,
    /// In: `x0` thread place, `x1` schedule place, or 0 to run on callers' time only.
    /// Starts the thread if it was never started.
    ThreadStart = 34,
    /// Stop a thread. In: `x0` thread place.
    ThreadStop = 35,
    /// Bind a notification, so that receive calls return on its signals too.
    /// In: `x0` thread place, `x1` notification slot (0: unbind).
    ThreadBind = 36,
    /// Slot into which received capabilities go. In: `x0` slot (0: refuse them).
    SetReceiveSlot = 37,
    /// In: `x0` destination place.
    EndpointCreate = 38,
    /// In: `x0` destination place.
    NotificationCreate = 39,
    /// In: `x0` destination place, `x1` budget in ticks, `x2` period in ticks, `x3` priority.
    ScheduleCreate = 40,

    /// Signal a notification on an interrupt. In: `x0` interrupt place, `x1` notification
    /// slot (its badge is what is signalled; 0: unbind).
    InterruptBind = 48,
    /// Call the security monitor. In: `x0` monitor slot, `x1..=x8` mailbox words.
    /// If `x9` is not 0 it is the slot of an unmapped region with write right, and words
    /// 2 and 3 become its physical address and pages. Out: none.
    MailboxSend = 49,
    /// Take a mailbox reply. In: `x0` monitor slot. Out: `x1..=x8` words.
    MailboxReceive = 50,
    /// Give a region that an image was loaded into back to data. In: `x0` monitor slot,
    /// `x1` place of the region, which must not be mapped.
    MemoryRelease = 51,
    /// Stop the machine. In: `x0` monitor slot, `x1` 1 for reset, 0 for power off.
    SystemStop = 52,
}

/// Numbers at and above this do not exist.
pub const CALL_NUMBERS: u64 = 64;

/// How many objects a process may hold at once. Taken from the creator's own quota,
/// given back when the process is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quota {
    /// Child processes.
    pub processes: u8,
    /// Threads.
    pub threads: u8,
    /// Endpoints.
    pub endpoints: u8,
    /// Notifications.
    pub notifications: u8,
    /// Regions carved.
    pub regions: u8,
    /// Schedules.
    pub schedules: u8,
}

impl Quota {
    /// Packs into a register, a byte each, in the order of the fields.
    pub const fn pack(self) -> u64 {
        u64::from_le_bytes([
            self.processes,
            self.threads,
            self.endpoints,
            self.notifications,
            self.regions,
            self.schedules,
            0,
            0,
        ])
    }
    /// Unpacks; the two top bytes must be zero.
    pub const fn unpack(word: u64) -> Option<Self> {
        let [processes, threads, endpoints, notifications, regions, schedules, 0, 0] =
            word.to_le_bytes()
        else {
            return None;
        };
        Some(Self { processes, threads, endpoints, notifications, regions, schedules })
    }
}
