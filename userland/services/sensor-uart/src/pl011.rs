//! The PL011 as this driver uses it: 8 bits, no parity, FIFOs on, interrupts on
//! receipt only. The baud rate is what the firmware or the board's default set.

/// A register's offset, and access to it: what the device's window implements.
pub trait Registers {
    /// Reads the register at this offset.
    fn read(&self, offset: usize) -> u32;
    /// Writes the register at this offset.
    fn write(&self, offset: usize, value: u32);
}

const DATA: usize = 0x00;
const FLAGS: usize = 0x18;
const LINE_CONTROL: usize = 0x2c;
const CONTROL: usize = 0x30;
const INTERRUPT_MASK: usize = 0x38;
const INTERRUPT_CLEAR: usize = 0x44;

const FLAG_RECEIVE_EMPTY: u32 = 1 << 4;
const FLAG_TRANSMIT_FULL: u32 = 1 << 5;
const DATA_ERRORS: u32 = 0xf << 8;
const LINE_8_BITS_FIFO: u32 = 0b111 << 4;
const CONTROL_ENABLE_BOTH: u32 = 1 | 1 << 8 | 1 << 9;
const INTERRUPT_RECEIVE: u32 = 1 << 4 | 1 << 6 | 1 << 10;
const INTERRUPT_EVERY: u32 = 0x7ff;

/// Sets the device up.
pub fn set_up(device: &impl Registers) {
    device.write(CONTROL, 0);
    device.write(INTERRUPT_CLEAR, INTERRUPT_EVERY);
    device.write(LINE_CONTROL, LINE_8_BITS_FIFO);
    device.write(INTERRUPT_MASK, INTERRUPT_RECEIVE);
    device.write(CONTROL, CONTROL_ENABLE_BOTH);
}

/// The next byte, if one is there; `Err` for one that the hardware marked as damaged.
pub fn receive(device: &impl Registers) -> Option<Result<u8, ()>> {
    if device.read(FLAGS) & FLAG_RECEIVE_EMPTY != 0 {
        return None;
    }
    let data = device.read(DATA);
    // A damaged byte is passed over: the frame it belonged to fails its check anyway.
    Some(if data & DATA_ERRORS == 0 { Ok(data as u8) } else { Err(()) })
}

/// Sends a byte; says whether there was room.
pub fn send(device: &impl Registers, byte: u8) -> bool {
    let room = device.read(FLAGS) & FLAG_TRANSMIT_FULL == 0;
    if room {
        device.write(DATA, byte.into());
    }
    room
}

/// Withdraws the device's interrupt requests.
pub fn clear_interrupts(device: &impl Registers) {
    device.write(INTERRUPT_CLEAR, INTERRUPT_RECEIVE);
}
