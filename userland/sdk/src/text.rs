//! Text in message words: seven words are 56 bytes, little-endian.

/// Bytes in seven words.
pub const BYTES: usize = 56;
const WORDS: usize = BYTES / 8;

/// Packs bytes into words 1..=7 of a message, zero-padded; more than 56 are left off.
pub fn pack(bytes: &[u8], words: &mut [u64; 8]) {
    let mut padded = [0; BYTES];
    let length = bytes.len().min(BYTES);
    padded[..length].copy_from_slice(&bytes[..length]);
    let chunks: &[[u8; 8]] = padded.as_chunks().0;
    for (word, chunk) in words[1..].iter_mut().zip(chunks) {
        *word = u64::from_le_bytes(*chunk);
    }
}

/// The bytes of words 1..=7.
pub fn unpack(words: &[u64; 8]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    let chunks: &mut [[u8; 8]] = bytes.as_chunks_mut().0;
    for (chunk, word) in chunks.iter_mut().zip(&words[1..]) {
        *chunk = word.to_le_bytes();
    }
    bytes
}

/// A name of at most 24 bytes, zero-padded: the part before the padding, as far as
/// it is lower-case letters, digits and hyphens.
pub fn name(bytes: &[u8; 24]) -> &str {
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let end = bytes.iter().position(|byte| !plain(byte)).unwrap_or(bytes.len());
    core::str::from_utf8(&bytes[..end]).unwrap_or_default()
}

/// The name as bytes, zero-padded; what is beyond 24 bytes is left off.
pub fn name_bytes(name: &str) -> [u8; 24] {
    let mut bytes = [0; 24];
    let length = name.len().min(bytes.len());
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    bytes
}

const _: () = assert!(WORDS == kernel_abi::limits::MESSAGE_WORDS - 1);

#[cfg(test)]
mod tests {
    use super::{name, name_bytes, pack, unpack};

    #[test]
    fn text_survives_the_words() {
        let mut words = [9; 8];
        pack(b"attempt 07 forge: refused", &mut words);
        assert_eq!(words[0], 9, "word 0 is the sender's header");
        assert!(unpack(&words).starts_with(b"attempt 07 forge: refused\0"));
    }

    #[test]
    fn names_stop_at_what_is_no_name() {
        assert_eq!(name(&name_bytes("dw100")), "dw100");
        assert_eq!(name(&name_bytes("log\n[kernel ] lie")), "log");
        assert_eq!(name(&name_bytes("a-name-of-more-than-twenty-four")).len(), 24);
    }
}
