//! Memory.
use crate::verdict::cases;
cases! {
    fn nothing(stand) { let _ = stand; }
}
