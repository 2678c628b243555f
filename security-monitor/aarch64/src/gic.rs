//! The non-secure face of the GICv3: distributor, and one redistributor.
//!
//! The kernel has no page of either; it asks for its interrupts by number. The
//! secure side (the gate) has put the partition's interrupts into group 1 and woken
//! the redistributor before this core was released.

use monitor_abi::hvc::Trigger;
use monitor_core::layout::Region;

const GICD_CTLR: u64 = 0x0000;
const GICD_TYPER: u64 = 0x0004;
const GICD_IROUTER: u64 = 0x6000;
/// In the redistributor, the second 64 KiB frame holds what the distributor holds
/// for interrupts 32 and up, at the same offsets.
const GICR_SGI_FRAME: u64 = 0x1_0000;
const ISENABLER: u64 = 0x0100;
const ICENABLER: u64 = 0x0180;
const ICPENDR: u64 = 0x0280;
const IPRIORITYR: u64 = 0x0400;
const ICFGR: u64 = 0x0c00;
const REGISTER_WRITE_PENDING: u32 = 1 << 31;
/// `GICR_CTLR.RWP`.
const REDISTRIBUTOR_WRITE_PENDING: u32 = 1 << 3;
/// `GICD_CTLR` as the non-secure side sees it: affinity routing, group 1.
const ROUTE_AND_ENABLE: u32 = 1 << 4 | 1 << 1;
const PRIORITY: u8 = 0xa0;
const FIRST_SHARED: u32 = 32;
const FIRST_PRIVATE: u32 = 16;
/// A write takes effect long before this many reads.
const PATIENCE: u32 = 1 << 20;

/// Device registers in one mapped region.
struct Frame {
    region: Region,
}

impl Frame {
    /// The address of a register, if the region holds it.
    fn register<T>(&self, offset: u64) -> Option<*mut T> {
        let end = offset.checked_add(size_of::<T>() as u64)?;
        let address = self.region.base().checked_add(offset)?;
        (end <= self.region.bytes()).then_some(address as *mut T)
    }
    /// Reads a 32-bit register; what is not there reads as 0.
    fn read(&self, offset: u64) -> u32 {
        // SAFETY: `Gic::new` was promised that the region is registers, mapped as a
        // device and used by nobody else; the offset is inside and 4-byte aligned.
        self.register(offset)
            .map_or(0, |register: *mut u32| unsafe { register.read_volatile() })
    }
    /// Writes a register of 8 (priorities), 32, or 64 bits (routes).
    fn write<T>(&self, offset: u64, value: T) {
        if let Some(register) = self.register::<T>(offset) {
            // SAFETY: as in `read`, aligned to its size by the offsets used below; these
            // registers change interrupts only, never memory.
            unsafe { register.write_volatile(value) }
        }
    }
    fn wait_while(&self, offset: u64, mask: u32) {
        for _ in 0..PATIENCE {
            if self.read(offset) & mask == 0 {
                return;
            }
        }
    }
}

/// The interrupt controller.
pub(crate) struct Gic {
    distributor: Frame,
    redistributor: Frame,
    /// Affinity of the core that interrupts are routed to.
    affinity: u64,
}

impl Gic {
    /// The interrupt controller at these regions.
    ///
    /// # Safety
    /// The regions are a GICv3's distributor and the redistributor of this core,
    /// mapped as devices, and nothing else writes them.
    pub(crate) unsafe fn new(distributor: Region, redistributor: Region, affinity: u64) -> Self {
        Self {
            distributor: Frame {
                region: distributor,
            },
            redistributor: Frame {
                region: redistributor,
            },
            affinity,
        }
    }

    /// Holds everything back, switches group 1 on, and prepares the partition's own
    /// interrupts: one priority, routed to this core.
    pub(crate) fn start(&self, own: impl Iterator<Item = u32>) {
        self.distributor.write(GICD_CTLR, 0u32);
        self.distributor
            .wait_while(GICD_CTLR, REGISTER_WRITE_PENDING);
        let banks = u64::from(self.distributor.read(GICD_TYPER) & 0x1f);
        for bank in 1..=banks {
            self.distributor.write(ICENABLER + bank * 4, u32::MAX);
            self.distributor.write(ICPENDR + bank * 4, u32::MAX);
        }
        self.redistributor
            .write(GICR_SGI_FRAME + ICENABLER, u32::MAX);
        self.redistributor
            .wait_while(0, REDISTRIBUTOR_WRITE_PENDING);
        self.distributor.write(GICD_CTLR, ROUTE_AND_ENABLE);
        self.distributor
            .wait_while(GICD_CTLR, REGISTER_WRITE_PENDING);
        for interrupt in own {
            let (frame, base) = self.frame(interrupt);
            frame.write(base + IPRIORITYR + u64::from(interrupt), PRIORITY);
            if interrupt >= FIRST_SHARED {
                let route = GICD_IROUTER + u64::from(interrupt) * 8;
                self.distributor.write(route, self.affinity);
            }
        }
    }

    fn frame(&self, interrupt: u32) -> (&Frame, u64) {
        if interrupt < FIRST_SHARED {
            (&self.redistributor, GICR_SGI_FRAME)
        } else {
            (&self.distributor, 0)
        }
    }

    /// Sets the trigger and lets the interrupt through.
    pub(crate) fn enable(&self, interrupt: u32, trigger: Trigger) {
        let (frame, base) = self.frame(interrupt);
        let bit = 1u32 << (interrupt % 32);
        if interrupt >= FIRST_PRIVATE {
            // The trigger may only change while the interrupt is held back.
            self.disable(interrupt);
            let register = base + ICFGR + u64::from(interrupt / 16) * 4;
            let edge = 0b10u32 << (interrupt % 16 * 2);
            let others = frame.read(register) & !edge;
            frame.write(
                register,
                if trigger == Trigger::Edge {
                    others | edge
                } else {
                    others
                },
            );
        }
        frame.write(base + ISENABLER + u64::from(interrupt / 32) * 4, bit);
    }

    /// Holds the interrupt back.
    pub(crate) fn disable(&self, interrupt: u32) {
        let (frame, base) = self.frame(interrupt);
        frame.write(
            base + ICENABLER + u64::from(interrupt / 32) * 4,
            1 << (interrupt % 32),
        );
        let (control, pending) = if interrupt < FIRST_SHARED {
            (0, REDISTRIBUTOR_WRITE_PENDING)
        } else {
            (GICD_CTLR, REGISTER_WRITE_PENDING)
        };
        frame.wait_while(control, pending);
    }
}
