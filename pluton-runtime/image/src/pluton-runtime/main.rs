//! The Pluton runtime: verifies, measures and loads the normal world, releases its
//! core, and then answers mailboxes for as long as the device has power.
#![no_std]
#![no_main]

mod map;
mod start;

use board::{device, flash, ram, secure_flash, secure_ram};
use pluton_aarch64::mailbox::{self, GATES, MAILBOXES};
use pluton_aarch64::memory::{FlashWindow, RamWindow};
use pluton_aarch64::uart::Uart;
use pluton_aarch64::{cpu, fatal, gic, power, random};
use pluton_core::handoff::{HANDOFF_BYTES, RomHandoff};
use pluton_core::machine::{Destination, Layout, Range};
use pluton_core::runtime::{Machine, Runtime};
use pluton_core::{boot, commands, rom};
use zeroize::Zeroize;

const PROGRAMS: Range = Range { base: ram::ROOT, bytes: ram::BASE + ram::BYTES - ram::ROOT };
const RAM: Range = Range { base: ram::BASE, bytes: ram::BYTES };

const LAYOUT: Layout = Layout {
    slot_bytes: flash::SLOT_BYTES,
    slots: flash::SLOTS,
    monitor_slot: flash::MONITOR_SLOT,
    kernel_slot: flash::KERNEL_SLOT,
    root_slot: flash::ROOT_SLOT,
    first_program_slot: flash::FIRST_PROGRAM_SLOT,
    ram: RAM,
    monitor: Range { base: ram::MONITOR, bytes: ram::MONITOR_BYTES },
    kernel: Range { base: ram::KERNEL, bytes: ram::KERNEL_BYTES },
    programs: PROGRAMS,
};

type Board = Machine<FlashWindow, RamWindow, Uart>;

/// Runs on core 3, at EL3, with translation off.
extern "C" fn main() -> ! {
    map::turn_on();
    let mut machine = machine();
    let mut runtime = runtime();
    gic::set_up_distributor();
    gic::set_up_core(board::core::PLUTON);
    start_normal_world(&mut runtime, &mut machine);
    loop {
        gic::acknowledge_doorbells();
        serve_all(&mut runtime, &mut machine);
        if let Some([core, syndrome, place, address]) = mailbox::fault() {
            fatal::halt(format_args!(
                "fatal: gate of core {core}: esr={syndrome:#x} elr={place:#x} far={address:#x}"
            ));
        }
        if let Some(order) = mailbox::order() {
            runtime.flush(&mut machine.lines);
            // SAFETY: the board has its power lines here, mapped as a device.
            unsafe { power::carry_out(device::SECURE_GPIO, order) };
        }
        cpu::wait_for_interrupt();
    }
}

/// The board's three sides.
fn machine() -> Board {
    // SAFETY: the flash bank's slots are mapped; nothing here writes flash.
    let flash = unsafe { FlashWindow::new(Range { base: flash::BASE, bytes: map::FLASH_BYTES }) };
    // SAFETY: the normal world's RAM is mapped and holds nothing of the runtime.
    let memory = unsafe { RamWindow::new(RAM) };
    // SAFETY: the board has a PL011 here, mapped as a device.
    let lines = unsafe { Uart::new(device::SECURE_UART) };
    Machine { flash, memory, lines }
}

/// The runtime's state, from fuses, the ROM's handoff and the CPU's random numbers.
fn runtime() -> Runtime {
    let page = Range { base: secure_ram::HANDOFF, bytes: board::PAGE_BYTES };
    // SAFETY: the handoff page is mapped and nothing else lies there.
    let mut window = unsafe { RamWindow::new(page) };
    let mut bytes = [0; HANDOFF_BYTES];
    let read = window.read(page.base, &mut bytes);
    let _ = window.zero(page.base, page.bytes);
    window.publish(page.base, page.bytes);
    let handoff = RomHandoff::decode(&bytes);
    bytes.zeroize();
    let Some(handoff) = handoff.filter(|_| read) else {
        fatal::halt(format_args!("fatal: the boot ROM left no handoff"));
    };
    // SAFETY: the first block of secure flash, with the fuses, is mapped.
    let flash = unsafe {
        FlashWindow::new(Range { base: secure_flash::BASE, bytes: secure_flash::PLUTON_RUNTIME })
    };
    let fuses = match rom::fuses(&flash, secure_flash::FUSES) {
        Ok(fuses) => fuses,
        Err(reason) => fatal::halt(format_args!("refused fuses: {reason}")),
    };
    let processor = random::processor_entropy();
    Runtime::new(fuses, LAYOUT, handoff.runtime, &handoff.sealing, &handoff.seed, &processor)
}

/// Boots the normal world, or halts with the reason.
fn start_normal_world(runtime: &mut Runtime, machine: &mut Board) {
    let handoff = match boot::boot(runtime, machine) {
        Ok(handoff) => handoff,
        Err(refused) => {
            // Nothing of it stays for anyone to run.
            let _ = machine.memory.zero(RAM.base, RAM.bytes);
            fatal::halt(format_args!("{refused}"));
        }
    };
    let bytes = size_of_val(&handoff);
    // SAFETY: the value is made of 64-bit words without padding, and lives on.
    let content = unsafe { core::slice::from_raw_parts((&raw const handoff).cast::<u8>(), bytes) };
    let written = machine.memory.write(ram::MONITOR_HANDOFF, content);
    machine.memory.publish(ram::MONITOR_HANDOFF, board::PAGE_BYTES);
    if !written {
        fatal::halt(format_args!("fatal: the handoff page is not RAM"));
    }
    mailbox::set_monitor_entry(handoff.monitor.entry);
    machine.say(format_args!("released core 0 to the security monitor"));
    gic::release(board::core::APPLICATION);
}

/// Serves until no mailbox can go on: one message of each core in turn, so that none
/// waits for another's queue.
fn serve_all(runtime: &mut Runtime, machine: &mut Board) {
    let mut idle = false;
    while !idle {
        idle = true;
        for (core, mailbox) in MAILBOXES.iter().enumerate() {
            if mailbox.replies.is_full() {
                continue;
            }
            let Some(request) = mailbox.requests.take() else {
                continue;
            };
            idle = false;
            if let Some(reply) = commands::serve(runtime, machine, core, &request) {
                let _ = mailbox.replies.put(&reply);
                gic::ring_normal_world(core as u64);
            }
        }
    }
}
const _: () = assert!(GATES as u64 == board::core::COUNT - 1);
