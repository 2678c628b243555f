//! The little that is wanted from the flat device tree: `/secure-chosen/rng-seed`.
//!
//! The board leaves the tree in normal RAM before anything runs. It is still read
//! like hostile input: every offset is checked, the walk only ever goes forward, so
//! it ends after at most as many steps as the tree has words.

const MAGIC: u32 = 0xd00d_feed;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;

/// Bytes of a seed that are taken; longer ones are cut, shorter ones refused.
pub const SEED_BYTES: usize = 32;

/// The seed, if the tree has one.
pub fn rng_seed(tree: &[u8]) -> Option<[u8; SEED_BYTES]> {
    if word(tree, 0)? != MAGIC {
        return None;
    }
    let tree = tree.get(..offset(tree, 4)?)?;
    let structure = tree.get(offset(tree, 8)?..)?;
    let strings = tree.get(offset(tree, 12)?..)?;
    let mut at = 0usize;
    let mut depth = 0u32;
    let mut inside = false;
    loop {
        let token = word(structure, at)?;
        at = at.checked_add(4)?;
        match token {
            BEGIN_NODE => {
                let name = text(structure, at)?;
                at = padded(at, name.len().checked_add(1)?)?;
                depth = depth.checked_add(1)?;
                if depth == 2 {
                    inside = name == b"secure-chosen";
                }
            }
            END_NODE => {
                depth = depth.checked_sub(1)?;
                inside &= depth >= 2;
            }
            PROPERTY => {
                let length = offset(structure, at)?;
                let name = offset(structure, at.checked_add(4)?)?;
                at = at.checked_add(8)?;
                let value = structure.get(at..at.checked_add(length)?)?;
                if inside && depth == 2 && text(strings, name)? == b"rng-seed" {
                    return value.first_chunk().copied();
                }
                at = padded(at, length)?;
            }
            NOP => {}
            _ => return None,
        }
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(word(bytes, at)?).ok()
}

fn text(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let tail = bytes.get(at..)?;
    tail.get(..tail.iter().position(|&byte| byte == 0)?)
}

fn padded(at: usize, length: usize) -> Option<usize> {
    at.checked_add(length)?.checked_next_multiple_of(4)
}
