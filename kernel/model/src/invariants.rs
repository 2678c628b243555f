//! What must be true of every state, whatever sequence of calls led to it.
//!
//! Each rule is checked on the state itself and not on the call that made it: a rule
//! about steps could be kept by every step that was thought of, and broken by one that
//! was not. The files below hold the rules of one part of the kernel each; [`RULES`]
//! lists them in words.

pub mod derivation;
pub mod memory;
pub mod quota;
pub mod tables;
pub mod time;
pub mod waiting;

use crate::world::World;
use kernel_core::arena::Id;
use kernel_core::process::Process;

/// A rule that does not hold, in words.
pub type Broken = String;

/// Fails with a text unless a condition holds.
macro_rules! ensure {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}
pub(crate) use ensure;

/// The rules, as they are printed.
pub const RULES: [&str; 24] = [
    "derivation order: links mutual, depths without gaps, bounded",
    "authority: rights and badge of a capability within those of its parent",
    "handles: every capability names an object that lives (a process may have died with its tables)",
    "originals: exactly one for each live object, none for a dying region",
    "slots: empty ones are blank, slot 0 is empty, dead processes hold nothing",
    "queues: who waits stands in exactly one queue, and its state says which",
    "calls: caller and server name each other; no circle",
    "deadlines: the timer list is sorted and holds exactly those with a deadline",
    "bindings: thread and notification name each other",
    "time: no thread runs on two schedules, no schedule carries two threads",
    "donation: a thread runs on its own time or on that of a caller, and gives it back",
    "no lost wake-up: a ready thread with time is running, queued or waits for its refill",
    "priority: nobody ready outranks the one who runs",
    "timer: armed no later than the next thing that must happen",
    "processor: address space and registers are those of the current thread",
    "quota: used is what the table holds and the children were promised; never above the limit",
    "regions: children inside their parent and apart from each other; roots apart",
    "regions: mappings, buffers and dying ones counted right",
    "page tables: exactly the pages recorded in capability slots are mapped, with those rights",
    "page tables: lie in the process's own table region, which nobody maps",
    "aliases: no page writable and executable through any mappings together",
    "carving: no page mapped through a region that carved it away",
    "translation cache: nothing cached that is not in the tables",
    "code: no page executable that was written after the last synchronisation",
];

/// Checks every rule.
pub fn check(world: &World) -> Result<(), Broken> {
    derivation::check(world)?;
    waiting::check(world)?;
    time::check(world)?;
    quota::check(world)?;
    memory::check(world)?;
    tables::check(world)
}

/// Checks every rule and panics with the text of the first that is broken.
///
/// # Panics
/// If a rule does not hold.
pub fn assert_all(world: &World) {
    if let Err(broken) = check(world) {
        panic!("invariant broken: {broken}");
    }
}

/// The processes there are, the dying ones included.
pub(crate) fn processes(world: &World) -> impl Iterator<Item = (Id<Process>, &Process)> {
    world.kernel.processes.iter().filter(|(_, process)| process.life.live)
}
