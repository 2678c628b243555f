//! `Log`: text for the console, in the name of whoever the layer below says it is.

use super::{Request, may_ask};
use crate::machine::Lines;
use crate::runtime::Runtime;
use pluton_abi::command::{Command, Error, LOG_BYTES};

pub(super) fn serve(
    runtime: &mut Runtime,
    lines: &mut impl Lines,
    request: &Request<'_>,
) -> Result<(), Error> {
    if !may_ask(Command::Log, request.origin, request.core) {
        return Err(Error::Denied);
    }
    let mut text = [0; LOG_BYTES];
    for (bytes, word) in text.as_chunks_mut::<8>().0.iter_mut().zip(&request.words[1..]) {
        *bytes = word.to_le_bytes();
    }
    let length = usize::from(request.length);
    let text = text.get(..length).filter(|text| !text.is_empty()).ok_or(Error::InvalidArgument)?;
    match runtime.console.push(request.core, request.origin, text, lines) {
        true => Ok(()),
        false => Err(Error::Denied),
    }
}
