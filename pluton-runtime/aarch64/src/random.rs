//! The CPU's own random numbers (`RNDR`), where it has them.

use crate::cpu::field;
use core::arch::asm;
use pluton_core::dice::Secret;

/// Four numbers from the CPU; all zeros where it has none or they do not come.
pub fn processor_entropy() -> Secret {
    let mut entropy = Secret([0; 32]);
    if field(read_register!("id_aa64isar0_el1"), 60) == 0 {
        return entropy;
    }
    for word in entropy.0.as_chunks_mut::<8>().0 {
        *word = number().unwrap_or(0).to_le_bytes();
    }
    entropy
}

/// One number. It may fail for a moment; ten moments are a broken source.
fn number() -> Option<u64> {
    (0..10).find_map(|_| {
        let (value, failed): (u64, u64);
        // SAFETY: the caller checked that the CPU has RNDR; it changes only flags.
        unsafe {
            asm!(
                "mrs {value}, s3_3_c2_c4_0",
                "cset {failed}, eq",
                value = out(reg) value,
                failed = out(reg) failed,
                options(nomem, nostack)
            );
        }
        (failed == 0).then_some(value)
    })
}
