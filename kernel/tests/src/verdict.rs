//! What a case says: all well, or what was expected and what came.

use crate::stand::Stand;
use core::fmt;
use kernel_abi::Error;

/// A case.
pub(crate) struct Case {
    /// Its name; those of attack list K begin with their number.
    pub(crate) name: &'static str,
    pub(crate) run: fn(&mut Stand) -> Verdict,
}

/// How a case ended.
pub(crate) type Verdict<T = ()> = Result<T, Wrong>;

/// What went wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrong {
    what: &'static str,
    expected: Value,
    got: Value,
}

/// A value as a person reads it.
#[derive(Clone, Copy, Debug)]
enum Value {
    Number(u64),
    Status(u64),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) if *number < 10 => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number:#x}"),
            Self::Status(0) => f.write_str("success"),
            Self::Status(status) => match Error::check(*status) {
                Err(error) => write!(f, "{error:?}"),
                Ok(()) => Ok(()),
            },
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {} got {}", self.what, self.expected, self.got)
    }
}

fn status<T>(result: &Result<T, Error>) -> u64 {
    match result {
        Ok(_) => 0,
        Err(error) => *error as u64,
    }
}

/// The numbers must be equal.
pub(crate) fn same(what: &'static str, got: u64, expected: u64) -> Verdict {
    if got == expected {
        return Ok(());
    }
    Err(Wrong { what, expected: Value::Number(expected), got: Value::Number(got) })
}

/// It must hold.
pub(crate) fn holds(what: &'static str, truth: bool) -> Verdict {
    same(what, u64::from(truth), 1)
}

/// The call must succeed.
pub(crate) fn fine<T>(what: &'static str, result: Result<T, Error>) -> Verdict<T> {
    let got = status(&result);
    result.map_err(|_| Wrong { what, expected: Value::Status(0), got: Value::Status(got) })
}

/// The call must be refused, with just this error.
pub(crate) fn refused<T>(what: &'static str, result: Result<T, Error>, error: Error) -> Verdict {
    let got = status(&result);
    if got == error as u64 {
        return Ok(());
    }
    Err(Wrong { what, expected: Value::Status(error as u64), got: Value::Status(got) })
}

/// A table of cases, each an ordinary function.
macro_rules! cases {
    ($($(#[$meta:meta])* fn $name:ident($stand:ident) $body:block)*) => {
        pub(super) static CASES: &[$crate::verdict::Case] = &[
            $($crate::verdict::Case { name: stringify!($name), run: $name }),*
        ];
        $($(#[$meta])* fn $name($stand: &mut $crate::stand::Stand) -> $crate::verdict::Verdict {
            $body
            Ok(())
        })*
    };
}
pub(crate) use cases;
