//! Power: two lines of the secure GPIO (PL061). A rising edge is the order.

use crate::cpu;

const DATA: u64 = 0x000;
const DIRECTION: u64 = 0x400;

/// What the normal world can ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Order {
    /// Start again.
    Reset = 1,
    /// Stop.
    Off = 2,
}

impl Order {
    /// The order of this number.
    pub(crate) const fn from_number(number: u32) -> Option<Self> {
        match number {
            1 => Some(Self::Reset),
            2 => Some(Self::Off),
            _ => None,
        }
    }

    const fn line(self) -> u64 {
        match self {
            Self::Off => 0,
            Self::Reset => 1,
        }
    }
}

/// Carries the order out.
///
/// # Safety
/// `gpio` is a PL061 with the board's power lines, mapped as device memory.
pub unsafe fn carry_out(gpio: u64, order: Order) -> ! {
    let bit = 1u32 << order.line();
    // Address bits 2 to 9 of the data register say which lines a write is for.
    let data = (gpio + DATA + (u64::from(bit) << 2)) as usize as *mut u32;
    let direction = (gpio + DIRECTION) as usize as *mut u32;
    // SAFETY: the caller says that this is a PL061, and these are its registers.
    unsafe { data.write_volatile(0) };
    // SAFETY: as above.
    unsafe { direction.write_volatile(bit) };
    // SAFETY: as above.
    unsafe { data.write_volatile(bit) };
    cpu::halt()
}
