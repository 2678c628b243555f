//! `Measurement`: one entry of the measurement log.

use super::Request;
use crate::runtime::Runtime;
use pluton_abi::command::{Error, Message};

pub(super) fn serve(
    runtime: &Runtime,
    request: &Request<'_>,
    reply: &mut Message,
) -> Result<(), Error> {
    let log = &runtime.measurements;
    let entry = log.entry(request.words[1]).ok_or(Error::NoEntry)?;
    reply[1] = log.count() as u64;
    reply[2] = u64::from(entry.image_type.number()) | u64::from(entry.security_version) << 32;
    reply[3] = entry.signer.first_chunk().map_or(0, |id| u64::from_le_bytes(*id));
    for (word, bytes) in reply[4..].iter_mut().zip(entry.sha256.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    Ok(())
}
