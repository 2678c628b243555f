//! `Random`: 1 to 56 random bytes, or an error; never fewer, never weak ones.

use super::Request;
use crate::runtime::Runtime;
use pluton_abi::command::{Error, LOG_BYTES, Message};
use zeroize::Zeroize;

pub(super) fn serve(
    runtime: &mut Runtime,
    request: &Request<'_>,
    reply: &mut Message,
) -> Result<(), Error> {
    let mut bytes = [0; LOG_BYTES];
    let length = usize::from(request.length);
    let wanted = match bytes.get_mut(..length) {
        Some(wanted) if length != 0 => wanted,
        _ => return Err(Error::InvalidArgument),
    };
    if !runtime.random.as_mut().is_some_and(|random| random.fill(wanted)) {
        return Err(Error::NoEntropy);
    }
    for (word, bytes) in reply[1..].iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    bytes.zeroize();
    Ok(())
}
