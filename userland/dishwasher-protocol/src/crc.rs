//! CRC-16/IBM-3740 (polynomial 1021, initial FFFF): catches every error burst of up
//! to 16 bits. Bit by bit, because 20 frames a second do not pay for a table.

/// The CRC of some bytes.
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte) << 8, |crc, _| {
            if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
        })
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn agrees_with_the_published_check_value() {
        assert_eq!(super::crc16(b"123456789"), 0x29b1);
    }
}
