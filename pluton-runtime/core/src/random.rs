//! Random bytes: HMAC-DRBG with SHA-256 (NIST SP 800-90A, 10.1.2), seeded from what
//! the board and the CPU offer. Without a seed there is no generator: callers get
//! [`Error::NoEntropy`](pluton_abi::command::Error::NoEntropy), not weak bytes.

use hkdf::hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

/// Bytes of entropy that a generator is made of, at least.
pub const SEED_BYTES: usize = 32;
/// Most requests before the generator stops (SP 800-90A, table 2).
const MOST_REQUESTS: u64 = 1 << 48;

/// The generator.
pub struct Generator {
    key: [u8; 32],
    value: [u8; 32],
    requests: u64,
}

impl Drop for Generator {
    fn drop(&mut self) {
        self.key.zeroize();
        self.value.zeroize();
    }
}

impl Generator {
    /// Instantiates: `seed` is entropy and nonce, `personalization` keeps two devices
    /// apart that were given the same seed.
    pub fn new(seed: &[u8], personalization: &[u8]) -> Option<Self> {
        let blank = seed.iter().all(|&byte| byte == 0) || seed.iter().all(|&byte| byte == 0xff);
        if seed.len() < SEED_BYTES || blank {
            return None;
        }
        let mut generator = Self { key: [0; 32], value: [1; 32], requests: 1 };
        generator.update(&[seed, personalization]);
        Some(generator)
    }

    /// Fills `out`; false, and `out` zeroed, when the generator is used up.
    #[must_use]
    pub fn fill(&mut self, out: &mut [u8]) -> bool {
        if self.requests > MOST_REQUESTS {
            out.fill(0);
            return false;
        }
        for block in out.chunks_mut(32) {
            self.value = hmac(&self.key, &[&self.value]);
            for (byte, random) in block.iter_mut().zip(self.value) {
                *byte = random;
            }
        }
        self.update(&[]);
        self.requests = self.requests.saturating_add(1);
        true
    }

    fn update(&mut self, data: &[&[u8]]) {
        let empty: &[u8] = &[];
        let first = data.first().copied().unwrap_or(empty);
        let second = data.get(1).copied().unwrap_or(empty);
        self.key = hmac(&self.key, &[&self.value, &[0], first, second]);
        self.value = hmac(&self.key, &[&self.value]);
        if first.is_empty() && second.is_empty() {
            return;
        }
        self.key = hmac(&self.key, &[&self.value, &[1], first, second]);
        self.value = hmac(&self.key, &[&self.value]);
    }
}

fn hmac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // HMAC pads a key to the hash's block with zeros; done here, it can not fail.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    block.zeroize();
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}
