//! What several tests need.

use bulkhead::keys::Keys;
use bulkhead::qemu::Scratch;

/// Keys that only this test has.
pub(crate) fn keys() -> (Scratch, Keys) {
    let scratch = Scratch::new().unwrap();
    let keys = Keys::load_or_create(&scratch.path().join("keys")).unwrap();
    (scratch, keys)
}
