//! Rules for the names of things outside the manifest: hosts, peripherals, endpoints.

use crate::capabilities::Resource;

/// `$` and a name that a hardware definition gives.
pub(crate) fn is_constant(text: &str) -> bool {
    text.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// A host as `AllowedConnections` names it: DNS name, IPv4 address or
/// `_service._tcp.local`; exact, so without wildcard, scheme, port or path.
pub(crate) fn is_host(text: &str) -> bool {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if digits_only {
        return text.parse::<core::net::Ipv4Addr>().is_ok();
    }
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

/// The name of an endpoint: 1 to 24 of `a-z 0-9 -`, as image names are.
pub(crate) fn is_endpoint(text: &str) -> bool {
    (1..=24).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A path inside the image: absolute, no empty, `.` or `..` parts.
pub(crate) fn is_image_path(text: &str) -> bool {
    text.len() <= 252
        && text.strip_prefix('/').is_some_and(|path| {
            path.split('/').all(|part| {
                !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control)
            })
        })
}

/// Peripherals by controller, as the schema spells them.
pub(crate) fn controller(prefix: &str, last: u8, text: &str) -> Option<Resource> {
    if is_constant(text) {
        return Some(Resource::Constant(text[1..].into()));
    }
    let number = text.strip_prefix(prefix)?;
    match number.as_bytes() {
        [digit] if digit.is_ascii_digit() && digit - b'0' <= last => {
            Some(Resource::Number(u32::from(digit - b'0')))
        }
        _ => None,
    }
}
