//! The cases, by area.

mod capability;
mod memory;

use crate::verdict::Case;

/// All of them.
pub(crate) static AREAS: &[(&str, &[Case])] = &[
    ("capabilities", capability::CASES),
    ("memory", memory::CASES),
];
