//! The boot ROM: the first code after reset, and the only one that sees the unique
//! device secret.
//!
//! It lets run one thing, a Pluton runtime that the fuses' OS-vendor key signed, and
//! is gone before that starts: secret, device tree, stack and tables are wiped.
#![no_std]
#![no_main]

mod map;
mod start;

use board::{ram, secure_flash, secure_ram};
use pluton_aarch64::fatal::{self, say};
use pluton_aarch64::memory::{FlashWindow, RamWindow};
use pluton_core::device_tree;
use pluton_core::dice::Secret;
use pluton_core::handoff::HANDOFF_BYTES;
use pluton_core::load::{CHUNK_BYTES, Chunk};
use pluton_core::machine::{Destination, Range};
use pluton_core::refusal::Refusal;
use pluton_core::rom::{self, Buffers, Places};
use zeroize::Zeroize;

const RUNTIME: Range = Range { base: secure_ram::RUNTIME, bytes: secure_ram::RUNTIME_BYTES };
const SECURE_FLASH: Range = Range { base: secure_flash::BASE, bytes: map::FLASH_BYTES };
const RAM: Range = Range { base: ram::BASE, bytes: ram::BYTES };
const HANDOFF: Range = Range { base: secure_ram::HANDOFF, bytes: board::PAGE_BYTES };

/// Runs on core 3, at EL3, with translation off.
extern "C" fn main() -> ! {
    fatal::speak_as_rom();
    map::turn_on();
    // SAFETY: the normal world's RAM is mapped; the ROM keeps nothing of its own there.
    let mut normal = unsafe { RamWindow::new(RAM) };
    let seed = seed();
    let secret = device_secret(&normal);
    // Latch, device tree, and whatever an earlier boot left.
    let _ = normal.zero(RAM.base, RAM.bytes);
    normal.publish(RAM.base, RAM.bytes);
    match boot(&secret, seed) {
        Ok(()) => {}
        Err(reason) => fatal::halt(format_args!("refused pluton-runtime: {reason}")),
    }
    drop(secret);
    // SAFETY: `boot` put a verified runtime in place and published it; nothing that
    // lives in the ROM's RAM is used from here on.
    unsafe { start::leave() }
}

fn boot(secret: &Secret, seed: Secret) -> Result<(), Refusal> {
    // SAFETY: the first megabytes of secure flash are mapped, and only ever read.
    let flash = unsafe { FlashWindow::new(SECURE_FLASH) };
    // SAFETY: the runtime's part of secure RAM is mapped and not the ROM's.
    let mut memory = unsafe { RamWindow::new(RUNTIME) };
    let mut buffers = Buffers { header: [0; 4096], chunk: Chunk([0; CHUNK_BYTES]) };
    let fuses = rom::fuses(&flash, secure_flash::FUSES)?;
    let places =
        |slot| Places { slot, slot_bytes: secure_flash::PLUTON_RUNTIME_BYTES, runtime: RUNTIME };
    let first = places(secure_flash::PLUTON_RUNTIME);
    let backup = places(secure_flash::PLUTON_RUNTIME_BACKUP);
    let image = match rom::load_runtime(&flash, &mut memory, &fuses, &first, &mut buffers) {
        Ok(image) => image,
        // The reason that counts is the first copy's, unless only the backup is there.
        Err(reason) => {
            match rom::load_runtime(&flash, &mut memory, &fuses, &backup, &mut buffers) {
                Ok(image) => {
                    say(format_args!("skipped the first copy of pluton-runtime: {reason}"));
                    image
                }
                Err(Refusal::NoImage) => return Err(reason),
                Err(second) => {
                    say(format_args!("skipped the backup of pluton-runtime: {second}"));
                    return Err(reason);
                }
            }
        }
    };
    let handoff = rom::hand_off(secret, seed, &fuses, &image)?;
    let mut page = [0; HANDOFF_BYTES];
    handoff.encode(&mut page);
    // SAFETY: the handoff page is mapped and nothing else lies there.
    let mut target = unsafe { RamWindow::new(HANDOFF) };
    let written = target.zero(HANDOFF.base, HANDOFF.bytes) && target.write(HANDOFF.base, &page);
    page.zeroize();
    target.publish(HANDOFF.base, HANDOFF.bytes);
    let header = image.header();
    say(format_args!(
        "verified pluton-runtime version={} security_version={}",
        header.version, header.security_version
    ));
    if written { Ok(()) } else { Err(Refusal::Placement) }
}

/// Reads the unique device secret out of the latch.
fn device_secret(normal: &RamWindow) -> Secret {
    let mut secret = Secret([0; 32]);
    // A latch that can not be read leaves zeros, which are refused later.
    let _ = normal.read(ram::FUSE_LATCH, &mut secret.0);
    secret
}

/// Takes the seed out of the device tree; zeros if there is none.
fn seed() -> Secret {
    // SAFETY: 1. RAM is mapped and, after reset, initialised as far as the language
    // is concerned. 2. No other core and no device runs yet, so nothing writes it
    // while this slice lives.
    let tree =
        unsafe { core::slice::from_raw_parts(ram::BASE as *const u8, (ram::BYTES) as usize) };
    Secret(device_tree::rng_seed(tree).unwrap_or([0; 32]))
}
