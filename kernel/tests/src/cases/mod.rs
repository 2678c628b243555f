//! The cases, by area.

mod capability;
mod fault;
mod hostile;
mod interrupt;
mod ipc;
mod memory;
mod notification;
mod process;
mod time;

use crate::verdict::Case;

/// All of them.
pub(crate) static AREAS: &[(&str, &[Case])] = &[
    ("capabilities", capability::CASES),
    ("memory", memory::CASES),
    ("messages", ipc::CASES),
    ("notifications", notification::CASES),
    ("faults", fault::CASES),
    ("time", time::CASES),
    ("interrupts", interrupt::CASES),
    ("processes", process::CASES),
    ("a hostile process", hostile::CASES),
];
