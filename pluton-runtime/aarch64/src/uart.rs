//! PL011, transmit only: the console, on the UART that only the secure world sees.

use core::fmt;
use pluton_core::machine::Lines;

const DATA: usize = 0x00;
const FLAGS: usize = 0x18;
const LINE_CONTROL: usize = 0x2c;
const CONTROL: usize = 0x30;
const INTERRUPT_MASK: usize = 0x38;

const TRANSMIT_FULL: u32 = 1 << 5;
const EIGHT_BITS_WITH_FIFO: u32 = 3 << 5 | 1 << 4;
const ENABLE_TRANSMIT: u32 = 1 << 8 | 1;

/// A PL011.
#[derive(Debug)]
pub struct Uart {
    base: usize,
}

impl Uart {
    /// Takes the UART and enables it.
    ///
    /// # Safety
    /// `base` is a PL011, readable and writable as device memory for good.
    pub unsafe fn new(base: u64) -> Self {
        let uart = Self { base: base as usize };
        uart.write(INTERRUPT_MASK, 0);
        uart.write(LINE_CONTROL, EIGHT_BITS_WITH_FIFO);
        uart.write(CONTROL, ENABLE_TRANSMIT);
        uart
    }

    fn read(&self, register: usize) -> u32 {
        let register = (self.base + register) as *const u32;
        // SAFETY: `new` requires a PL011 here, and the register is one of it.
        unsafe { register.read_volatile() }
    }

    fn write(&self, register: usize, value: u32) {
        let register = (self.base + register) as *mut u32;
        // SAFETY: `new` requires a PL011 here, and the register is one of it.
        unsafe { register.write_volatile(value) };
    }
}

impl Lines for Uart {
    fn print(&mut self, text: &str) {
        for byte in text.bytes() {
            while self.read(FLAGS) & TRANSMIT_FULL != 0 {}
            self.write(DATA, u32::from(byte));
        }
    }
}

impl fmt::Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.print(text);
        Ok(())
    }
}
