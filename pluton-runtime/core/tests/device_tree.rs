//! The device tree reader against trees that lie.

use pluton_core::device_tree::rng_seed;
use proptest::prelude::*;

#[derive(Default)]
struct Tree {
    structure: Vec<u8>,
    strings: Vec<u8>,
}

impl Tree {
    fn word(&mut self, word: u32) {
        self.structure.extend(word.to_be_bytes());
    }
    fn pad(&mut self) {
        while !self.structure.len().is_multiple_of(4) {
            self.structure.push(0);
        }
    }
    fn begin(mut self, name: &str) -> Self {
        self.word(1);
        self.structure.extend(name.bytes());
        self.structure.push(0);
        self.pad();
        self
    }
    fn end(mut self) -> Self {
        self.word(2);
        self
    }
    fn property(mut self, name: &str, value: &[u8]) -> Self {
        self.word(3);
        self.word(value.len() as u32);
        self.word(self.strings.len() as u32);
        self.strings.extend(name.bytes());
        self.strings.push(0);
        self.structure.extend(value);
        self.pad();
        self
    }
    fn finish(mut self) -> Vec<u8> {
        self.word(9);
        let strings = 56 + self.structure.len();
        let total = strings + self.strings.len();
        let mut out = Vec::new();
        for word in [0xd00d_feed, total as u32, 56, strings as u32, 40, 17, 16, 0, 0, 0, 0, 0, 0, 0]
        {
            out.extend(u32::to_be_bytes(word));
        }
        out.extend(self.structure);
        out.extend(self.strings);
        out
    }
}

fn tree(seed: &[u8]) -> Vec<u8> {
    Tree::default()
        .begin("")
        .property("rng-seed", &[1; 32])
        .begin("chosen")
        .property("rng-seed", &[2; 32])
        .end()
        .begin("other")
        .begin("secure-chosen")
        .property("rng-seed", &[3; 32])
        .end()
        .end()
        .begin("secure-chosen")
        .property("stdout-path", b"/secure-uart\0")
        .begin("child")
        .property("rng-seed", &[4; 32])
        .end()
        .property("rng-seed", seed)
        .end()
        .end()
        .finish()
}

#[test]
fn only_the_right_property_of_the_right_node_counts() {
    let seed: Vec<u8> = (0..32).collect();
    assert_eq!(rng_seed(&tree(&seed)).map(Vec::from), Some(seed.clone()));
    let longer = [&seed[..], &[9; 8]].concat();
    assert_eq!(rng_seed(&tree(&longer)).map(Vec::from), Some(seed));
    assert_eq!(rng_seed(&tree(&[5; 31])), None);
    let without = Tree::default().begin("").begin("secure-chosen").end().end().finish();
    assert_eq!(rng_seed(&without), None);
}

#[test]
fn no_truncation_is_read_past() {
    let tree = tree(&[7; 32]);
    for length in 0..tree.len() {
        assert_eq!(rng_seed(&tree[..length]), None, "{length} bytes");
    }
    let mut trailing = tree.clone();
    trailing.extend([0xff; 100]);
    assert_eq!(rng_seed(&trailing), Some([7; 32]));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = rng_seed(&bytes);
        if bytes.len() >= 4 {
            bytes[..4].copy_from_slice(&0xd00d_feed_u32.to_be_bytes());
            let _ = rng_seed(&bytes);
        }
    }

    #[test]
    fn changed_trees_never_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u32>()), 1..6),
    ) {
        let mut tree = tree(&[7; 32]);
        for (index, word) in edits {
            let at = index.index(tree.len() / 4) * 4;
            tree[at..at + 4].copy_from_slice(&word.to_be_bytes());
        }
        let _ = rng_seed(&tree);
    }
}
