//! Boot refusal: one thing wrong with one image, and the right stage must say so.

/// What is wrong with an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// One bit of the header is flipped: in the version, which every reader accepts,
    /// so that only the signature can tell.
    Header,
    /// One bit in the middle of the body is flipped.
    Body,
    /// One bit of the signature is flipped.
    Signature,
    /// There is no signature.
    Unsigned,
    /// Signed by the other authority, properly.
    WrongRole,
    /// Signed by a key that the fuses do not know.
    UnknownKey,
    /// Signed properly, with a security version below the floor.
    RolledBack,
    /// Nothing is there.
    Missing,
}

impl Damage {
    /// Its name in the list of cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::Header => "bit flipped in header",
            Self::Body => "bit flipped in body",
            Self::Signature => "bit flipped in signature",
            Self::Unsigned => "unsigned",
            Self::WrongRole => "signed by the wrong authority",
            Self::UnknownKey => "signed by an unknown key",
            Self::RolledBack => "security version below the floor",
            Self::Missing => "missing",
        }
    }

    /// Flips the bit, for those damages that are one flipped bit, or erases.
    /// Gives `false` for those that need a key.
    pub fn apply(self, image: &mut [u8]) -> bool {
        const VERSION: usize = 24;
        const HEADER_BYTES: usize = 4096;
        const SIGNATURE: usize = 4032;
        let place = match self {
            Self::Header => VERSION,
            Self::Body => HEADER_BYTES + image.len().saturating_sub(HEADER_BYTES) / 2,
            Self::Signature => SIGNATURE + 17,
            Self::Unsigned => {
                image.get_mut(SIGNATURE..HEADER_BYTES).unwrap_or_default().fill(0);
                return true;
            }
            Self::Missing => {
                image.fill(0);
                return true;
            }
            Self::WrongRole | Self::UnknownKey | Self::RolledBack => return false,
        };
        match image.get_mut(place) {
            Some(byte) => *byte ^= 1 << 4,
            None => return false,
        }
        true
    }
}

/// A case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// The image.
    pub image: &'static str,
    /// The stage that must refuse it.
    pub stage: &'static str,
    /// What is wrong.
    pub damage: Damage,
}

/// Images that are signed, with the stage that checks each.
pub const SIGNED_IMAGES: [(&str, &str); 8] = [
    ("pluton-runtime", "rom"),
    ("security-monitor", "pluton"),
    ("kernel", "pluton"),
    ("root-task", "pluton"),
    ("log-service", "pluton"),
    ("sensor-uart", "pluton"),
    ("dw100", "pluton"),
    ("intruder", "pluton"),
];

/// All cases: each image with each flipped bit, and the rest with one image for
/// each stage and authority.
pub fn cases() -> Vec<Case> {
    let everywhere = [Damage::Header, Damage::Body, Damage::Signature];
    let mut cases = Vec::new();
    for (image, stage) in SIGNED_IMAGES {
        cases.extend(everywhere.map(|damage| Case { image, stage, damage }));
    }
    let elsewhere =
        [Damage::Unsigned, Damage::WrongRole, Damage::UnknownKey, Damage::RolledBack];
    for (image, stage) in [("pluton-runtime", "rom"), ("kernel", "pluton"), ("dw100", "pluton")] {
        cases.extend(elsewhere.map(|damage| Case { image, stage, damage }));
    }
    for (image, stage) in [("pluton-runtime", "rom"), ("kernel", "pluton")] {
        cases.push(Case { image, stage, damage: Damage::Missing });
    }
    cases
}

impl Case {
    /// Judges the console of a boot that has come to an end: refused by the right
    /// stage by the right name with a reason, halted, and nothing ran afterwards.
    pub fn judge(&self, lines: &[String]) -> Result<(), String> {
        let refusals: Vec<_> = lines.iter().filter_map(|line| refusal(line)).collect();
        let [(stage, image, reason)] = refusals.as_slice() else {
            return Err(format!("{} refusals instead of one", refusals.len()));
        };
        if *stage != self.stage || *image != self.image || reason.is_empty() {
            return Err(format!("[{stage}] refused {image}: {reason:?}"));
        }
        let at = lines.iter().position(|line| refusal(line).is_some()).unwrap_or_default();
        let later = lines.get(at + 1..).unwrap_or_default();
        match later {
            [] => return Err("no halted line".into()),
            [halted] if layer(halted) == Some((self.stage, "halted")) => {}
            [other, ..] => return Err(format!("after the refusal: {other}")),
        }
        // Nothing further out may have run before, either.
        let outer = match self.stage {
            "rom" => ["[pluton", "[monitor", "[kernel"].as_slice(),
            _ => ["[monitor", "[kernel"].as_slice(),
        };
        let early = lines.iter().find(|line| {
            !line.is_empty()
                && (!line.starts_with('[') || outer.iter().any(|mark| line.starts_with(mark)))
        });
        match early {
            Some(line) => Err(format!("ran although refused: {line}")),
            None => Ok(()),
        }
    }
}

/// `[STAGE] text`.
fn layer(line: &str) -> Option<(&str, &str)> {
    let (stage, text) = line.strip_prefix('[')?.split_once(']')?;
    Some((stage.trim(), text.trim()))
}

/// `[STAGE] refused IMAGE: REASON`.
fn refusal(line: &str) -> Option<(&str, &str, &str)> {
    let (stage, text) = layer(line)?;
    let (image, reason) = text.strip_prefix("refused ")?.split_once(": ")?;
    Some((stage, image, reason))
}

/// Whether a line says that the machine will say no more.
pub fn is_halted(line: &str) -> bool {
    matches!(layer(line), Some((_, "halted")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: Case = Case { image: "kernel", stage: "pluton", damage: Damage::Body };

    fn judge(lines: &[&str]) -> Result<(), String> {
        CASE.judge(&lines.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn every_image_is_damaged_in_every_place() {
        let cases = cases();
        for (image, _) in SIGNED_IMAGES {
            for damage in [Damage::Header, Damage::Body, Damage::Signature] {
                assert!(cases.iter().any(|case| case.image == image && case.damage == damage));
            }
        }
    }

    #[test]
    fn flips_change_one_bit() {
        for damage in [Damage::Header, Damage::Body, Damage::Signature] {
            let mut image = [0; 3 * 4096];
            assert!(damage.apply(&mut image));
            assert_eq!(image.iter().map(|byte| byte.count_ones()).sum::<u32>(), 1);
            assert!(!damage.apply(&mut []));
        }
    }

    #[test]
    fn a_refusal_by_the_right_stage_passes() {
        let lines = [
            "[rom    ] verified pluton-runtime",
            "[pluton ] refused kernel: body hash does not match",
            "[pluton ] halted",
        ];
        assert_eq!(judge(&lines), Ok(()));
    }

    #[test]
    fn everything_else_fails() {
        let refused = "[pluton ] refused kernel: body";
        let halted = "[pluton ] halted";
        for lines in [
            &[][..],
            &[refused],
            &[halted],
            &["[rom    ] refused kernel: body", "[rom    ] halted"],
            &["[pluton ] refused root-task: body", halted],
            &["[pluton ] refused kernel: ", halted],
            &[refused, "[kernel ] hello"],
            &[refused, halted, "[kernel ] hello"],
            &["[monitor] hello", refused, halted],
            &["dw100: telemetry", refused, halted],
            &[refused, refused, halted],
            &[refused, "[rom    ] halted"],
        ] {
            assert!(judge(lines).is_err(), "{lines:?}");
        }
    }
}
